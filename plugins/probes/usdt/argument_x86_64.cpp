// SPDX-License-Identifier: Apache-2.0
//
// Operands of x86-64 in AT&T syntax. Offsets are those of struct pt_regs (arch/x86/include/asm/ptrace.h).
#include <array>

#include "argument.hpp"

namespace avocet::usdt {

namespace {

struct Register {
    std::string_view name;
    uint16_t offset;
    uint8_t width = 8, shift = 0;
};

constexpr uint16_t ax = 80, bx = 40, cx = 88, dx = 96, si = 104, di = 112, bp = 32, sp = 152, ip = 128;
constexpr std::array registers{
    Register{"rax", ax},      Register{"eax", ax, 4},   Register{"ax", ax, 2},    Register{"al", ax, 1},
    Register{"ah", ax, 1, 8}, Register{"rbx", bx},      Register{"ebx", bx, 4},   Register{"bx", bx, 2},
    Register{"bl", bx, 1},    Register{"bh", bx, 1, 8}, Register{"rcx", cx},      Register{"ecx", cx, 4},
    Register{"cx", cx, 2},    Register{"cl", cx, 1},    Register{"ch", cx, 1, 8}, Register{"rdx", dx},
    Register{"edx", dx, 4},   Register{"dx", dx, 2},    Register{"dl", dx, 1},    Register{"dh", dx, 1, 8},
    Register{"rsi", si},      Register{"esi", si, 4},   Register{"si", si, 2},    Register{"sil", si, 1},
    Register{"rdi", di},      Register{"edi", di, 4},   Register{"di", di, 2},    Register{"dil", di, 1},
    Register{"rbp", bp},      Register{"ebp", bp, 4},   Register{"bp", bp, 2},    Register{"bpl", bp, 1},
    Register{"rsp", sp},      Register{"esp", sp, 4},   Register{"sp", sp, 2},    Register{"spl", sp, 1},
    Register{"rip", ip},      Register{"r8", 72},       Register{"r8d", 72, 4},   Register{"r8w", 72, 2},
    Register{"r8b", 72, 1},   Register{"r9", 64},       Register{"r9d", 64, 4},   Register{"r9w", 64, 2},
    Register{"r9b", 64, 1},   Register{"r10", 56},      Register{"r10d", 56, 4},  Register{"r10w", 56, 2},
    Register{"r10b", 56, 1},  Register{"r11", 48},      Register{"r11d", 48, 4},  Register{"r11w", 48, 2},
    Register{"r11b", 48, 1},  Register{"r12", 24},      Register{"r12d", 24, 4},  Register{"r12w", 24, 2},
    Register{"r12b", 24, 1},  Register{"r13", 16},      Register{"r13d", 16, 4},  Register{"r13w", 16, 2},
    Register{"r13b", 16, 1},  Register{"r14", 8},       Register{"r14d", 8, 4},   Register{"r14w", 8, 2},
    Register{"r14b", 8, 1},   Register{"r15", 0},       Register{"r15d", 0, 4},   Register{"r15w", 0, 2},
    Register{"r15b", 0, 1}};

const Register* find_register(std::string_view text) {
    text = trimmed(text);
    if (text.size() < 2 || text[0] != '%') return nullptr;
    for (const Register& r : registers)
        if (r.name == text.substr(1)) return &r;
    return nullptr;
}

Operand unknown_register(std::string_view text) {
    for (std::string_view vector : {"%xmm", "%ymm", "%zmm", "%st", "%mm"})
        if (text.substr(0, vector.size()) == vector)
            return Operand::refused("in the register " + std::string(text) + ", which a probe is not given");
    return Operand::refused("no register '" + std::string(text) + "' is known");
}

Operand in_register(std::string_view text) {
    const Register* r = find_register(text);
    if (!r) return unknown_register(text);
    Operand o;
    o.location.kind = AVOCET_LOCATION_REGISTER;
    o.location.base = r->offset;
    o.location.index = AVOCET_NO_REGISTER;
    o.location.shift = r->shift;
    o.width = r->width;
    return o;
}

Operand unknown_symbol(std::string_view symbol) {
    return Operand::refused("beside the symbol '" + std::string(symbol) +
                            "', which the file's symbol table does not "
                            "hold or holds twice");
}

// The distance of a symbol from the probe is known whereever the file is loaded.
std::optional<int64_t> from_site(const Expression& e, const ArgumentContext& context) {
    auto address = context.symbol ? context.symbol(e.symbol) : std::nullopt;
    if (!address) return std::nullopt;
    return static_cast<int64_t>(*address - context.site + static_cast<uint64_t>(e.number));
}

Operand at_symbol(const Expression& e, const ArgumentContext& context) {
    auto offset = from_site(e, context);
    return offset ? memory_operand(ip, AVOCET_NO_REGISTER, 0, *offset) : unknown_symbol(e.symbol);
}

Operand immediate(std::string_view text, const ArgumentContext& context) {
    auto e = parse_expression(text);
    if (!e) return Operand::refused("the constant '" + std::string(text) + "' is not understood");
    if (e->symbol.empty()) return constant_operand(e->number);
    auto offset = from_site(*e, context);
    if (!offset) return unknown_symbol(e->symbol);
    Operand o;  // an address: where the probe is, and so far from there
    o.location.kind = AVOCET_LOCATION_REGISTER;
    o.location.base = ip;
    o.location.index = AVOCET_NO_REGISTER;
    o.location.offset = *offset;
    return o;
}

std::optional<uint8_t> shift_of(std::string_view scale) {
    scale = trimmed(scale);
    if (scale.empty() || scale == "1") return uint8_t{0};
    if (scale == "2") return uint8_t{1};
    if (scale == "4") return uint8_t{2};
    if (scale == "8") return uint8_t{3};
    return std::nullopt;
}

std::string_view take_until_comma(std::string_view& text) {
    size_t comma = text.find(',');
    std::string_view word = trimmed(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    return word;
}

// displacement(base,index,scale)
Operand indirect(std::string_view text, size_t open, const ArgumentContext& context) {
    std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    Expression displacement;
    if (open > 0) {
        auto e = parse_expression(text.substr(0, open));
        if (!e) return Operand::refused("the displacement of '" + std::string(text) + "' is not understood");
        displacement = *e;
    }
    std::string_view base = take_until_comma(inside), index = take_until_comma(inside);
    auto shift = shift_of(take_until_comma(inside));
    if (!shift || !inside.empty()) return Operand::refused("the address '" + std::string(text) + "' is not understood");
    const Register* base_register = base.empty() ? nullptr : find_register(base);
    const Register* index_register = index.empty() ? nullptr : find_register(index);
    for (auto [word, found] : {std::pair{base, base_register}, {index, index_register}}) {
        if (word.empty()) continue;
        if (!found) return unknown_register(word);
        if (found->width != 8) return Operand::refused("a 32-bit address");
    }
    if (!base_register && !index_register)
        return Operand::refused("the address '" + std::string(text) + "' is not understood");
    if (base == "%rip") {
        if (displacement.symbol.empty() || index_register)
            return Operand::refused("beside an unnamed place of the code, '" + std::string(text) + "'");
        return at_symbol(displacement, context);
    }
    if (!displacement.symbol.empty()) {
        // A table of a program that is not relocated: symbol(,%rax,8); one register may be the code's own place.
        if (base_register && index_register)
            return Operand::refused("a symbol with two registers, '" + std::string(text) + "'");
        auto offset = from_site(displacement, context);
        if (!offset) return unknown_symbol(displacement.symbol);
        if (index_register) return memory_operand(ip, index_register->offset, *shift, *offset);
        return memory_operand(ip, base_register->offset, 0, *offset);
    }
    return memory_operand(base_register ? base_register->offset : AVOCET_NO_REGISTER,
                          index_register ? index_register->offset : AVOCET_NO_REGISTER, *shift, displacement.number);
}

}  // namespace

Operand parse_x86_64_operand(std::string_view text, const ArgumentContext& context) {
    text = trimmed(text);
    if (text.empty()) return Operand::refused("its place is empty");
    if (text[0] == '$') return immediate(text.substr(1), context);
    if (text[0] == '%' && text.find(':') != std::string_view::npos)
        return Operand::refused("thread-local, '" + std::string(text) + "'");
    if (text[0] == '%') return in_register(text);
    if (text.find('@') != std::string_view::npos)
        return Operand::refused("reached through a table of the linker, '" + std::string(text) + "'");
    if (size_t open = text.find('('); open != std::string_view::npos) {
        if (text.back() != ')') return Operand::refused("the address '" + std::string(text) + "' is not understood");
        return indirect(text, open, context);
    }
    auto e = parse_expression(text);
    if (!e) return Operand::refused("the address '" + std::string(text) + "' is not understood");
    if (!e->symbol.empty()) return at_symbol(*e, context);
    return memory_operand(AVOCET_NO_REGISTER, AVOCET_NO_REGISTER, 0, e->number);
}

}  // namespace avocet::usdt
