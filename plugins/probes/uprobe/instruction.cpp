// SPDX-License-Identifier: Apache-2.0
//
// x86-64: Intel SDM volume 2, chapter 2 and appendix A. aarch64: four bytes each.
#include "instruction.hpp"

namespace avocet::uprobe {

#if defined(__x86_64__)

namespace {

constexpr size_t longest = 15;

// What follows the opcode.
struct Shape {
    bool valid = true, modrm = false;
    size_t immediate = 0;
};
constexpr Shape plain{}, invalid{false, false, 0};
constexpr Shape modrm(size_t immediate = 0) { return {true, true, immediate}; }
constexpr Shape imm(size_t size) { return {true, false, size}; }

struct Prefixes {
    bool operand16 = false, address32 = false, rex_w = false;
    size_t word() const { return operand16 && !rex_w ? 2 : 4; }  // "immz"
};

bool is_legacy_prefix(uint8_t b) {
    return b == 0x66 || b == 0x67 || b == 0xf0 || b == 0xf2 || b == 0xf3 || b == 0x2e || b == 0x36 || b == 0x3e ||
           b == 0x26 || b == 0x64 || b == 0x65;
}

// clang-format off: tables

// One-byte opcodes; `reg` is the middle field of the ModRM byte, which F6 and F7 depend on.
Shape one_byte(uint8_t op, const Prefixes& p, uint8_t reg) {
    if (op < 0x40) {
        switch (op & 7) {
            case 4: return imm(1);
            case 5: return imm(p.word());
            case 6:
            case 7: return invalid;
            default: return modrm();
        }
    }
    if (op >= 0x50 && op <= 0x5f) return plain;
    if (op >= 0x70 && op <= 0x7f) return imm(1);
    if (op >= 0x84 && op <= 0x8f) return modrm();
    if (op >= 0xa0 && op <= 0xa3) return imm(p.address32 ? 4 : 8);
    if (op >= 0xb0 && op <= 0xb7) return imm(1);
    if (op >= 0xb8 && op <= 0xbf) return imm(p.rex_w ? 8 : p.word());
    if ((op >= 0xd0 && op <= 0xd3) || (op >= 0xd8 && op <= 0xdf)) return modrm();
    if (op >= 0xe0 && op <= 0xe7) return imm(1);
    switch (op) {
        case 0x63:
        case 0xfe:
        case 0xff: return modrm();
        case 0x69:
        case 0x81:
        case 0xc7: return modrm(p.word());
        case 0x6b:
        case 0x80:
        case 0x83:
        case 0xc0:
        case 0xc1:
        case 0xc6: return modrm(1);
        case 0x68:
        case 0xa9: return imm(p.word());
        case 0x6a:
        case 0xa8:
        case 0xcd:
        case 0xeb: return imm(1);
        case 0xc2:
        case 0xca: return imm(2);
        case 0xc8: return imm(3);
        case 0xe8:
        case 0xe9: return imm(4);
        case 0xf6: return modrm(reg < 2 ? 1 : 0);
        case 0xf7: return modrm(reg < 2 ? p.word() : 0);
        case 0x60:
        case 0x61:
        case 0x62:
        case 0x82:
        case 0x9a:
        case 0xc4:
        case 0xc5:
        case 0xce:
        case 0xd4:
        case 0xd5:
        case 0xd6:
        case 0xea: return invalid;
        default: return plain;
    }
}

// Opcodes behind 0F.
Shape two_byte(uint8_t op) {
    if (op >= 0x80 && op <= 0x8f) return imm(4);
    if ((op >= 0x30 && op <= 0x37) || (op >= 0xc8 && op <= 0xcf)) return plain;
    if (op >= 0x70 && op <= 0x73) return modrm(1);
    if (op >= 0xc4 && op <= 0xc6) return modrm(1);
    switch (op) {
        case 0x05:
        case 0x06:
        case 0x07:
        case 0x08:
        case 0x09:
        case 0x0b:
        case 0x0e:
        case 0x77:
        case 0xa0:
        case 0xa1:
        case 0xa2:
        case 0xa8:
        case 0xa9:
        case 0xaa: return plain;
        case 0x0f:
        case 0xa4:
        case 0xac:
        case 0xba:
        case 0xc2: return modrm(1);
        case 0x04:
        case 0x0a:
        case 0x0c: return invalid;
        default: return modrm();
    }
}

// clang-format on

// Opcode map: 1 is 0F, 2 is 0F 38, 3 is 0F 3A; 5 and 6 exist behind EVEX only.
Shape in_map(unsigned map, uint8_t op) {
    switch (map) {
        case 1: return two_byte(op);
        case 3: return modrm(1);
        case 2:
        case 5:
        case 6: return modrm();
        default: return invalid;
    }
}

// Reads bytes in order; past the end everything is 0 and `ok` false.
class Reader {
public:
    explicit Reader(std::string_view code) : code_(code.substr(0, longest)) {}
    uint8_t next() { return at_ < code_.size() ? static_cast<uint8_t>(code_[at_++]) : (ok = false, uint8_t{0}); }
    uint8_t peek() const { return at_ < code_.size() ? static_cast<uint8_t>(code_[at_]) : uint8_t{0}; }
    void skip(size_t count) {
        at_ += count;
        if (at_ > code_.size()) ok = false;
    }
    size_t position() const { return at_; }
    bool ok = true;

private:
    std::string_view code_;
    size_t at_ = 0;
};

// The ModRM byte, its SIB byte and its displacement.
void skip_operand(Reader& in) {
    uint8_t byte = in.next();
    unsigned mod = byte >> 6, rm = byte & 7;
    if (mod == 3) return;
    uint8_t base = static_cast<uint8_t>(rm);
    if (rm == 4) base = in.next() & 7;
    if (mod == 1) in.skip(1);
    if (mod == 2 || (mod == 0 && base == 5)) in.skip(4);
}

Shape read_opcode(Reader& in) {
    Prefixes prefixes;
    while (in.ok && is_legacy_prefix(in.peek())) {
        uint8_t prefix = in.next();
        prefixes.operand16 |= prefix == 0x66;
        prefixes.address32 |= prefix == 0x67;
    }
    if ((in.peek() & 0xf0) == 0x40) prefixes.rex_w = in.next() & 8;
    uint8_t op = in.next();
    if (op == 0xc5) {
        in.skip(1);
        return in_map(1, in.next());
    }
    if (op == 0xc4) {
        unsigned map = in.next() & 0x1f;
        in.skip(1);
        return in_map(map, in.next());
    }
    if (op == 0x62) {
        unsigned map = in.next() & 7;
        in.skip(2);
        return in_map(map, in.next());
    }
    if (op != 0x0f) return one_byte(op, prefixes, (in.peek() >> 3) & 7);
    op = in.next();
    if (op == 0x38) return in_map(2, in.next());
    if (op == 0x3a) return in_map(3, in.next());
    return two_byte(op);
}

}  // namespace

size_t instruction_length(std::string_view code) {
    Reader in(code);
    Shape shape = read_opcode(in);
    if (!shape.valid) return 0;
    if (shape.modrm) skip_operand(in);
    in.skip(shape.immediate);
    return in.ok ? in.position() : 0;
}

#else

size_t instruction_length(std::string_view code) { return code.size() >= 4 ? 4 : 0; }

#endif

std::optional<bool> is_instruction_start(std::string_view function, uint64_t offset) {
    uint64_t at = 0;
    while (at < offset) {
        size_t length = at < function.size() ? instruction_length(function.substr(at)) : 0;
        if (length == 0) return std::nullopt;
        at += length;
    }
    return at == offset;
}

}  // namespace avocet::uprobe
