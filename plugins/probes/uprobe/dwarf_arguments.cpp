// SPDX-License-Identifier: Apache-2.0
//
// System V ABI, AMD64 supplement, 3.2.3 "Parameter passing" and figure 3.36 "DWARF register number mapping"; DWARF 5,
// 2.5 and 2.6.
#include "dwarf_arguments.hpp"

#include <asm/ptrace.h>
#include <dwarf.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "dwarf_types.hpp"

namespace avocet::uprobe {

namespace {

#if defined(__x86_64__)

constexpr std::array<uint16_t, 17> dwarf_registers{
    offsetof(pt_regs, rax), offsetof(pt_regs, rdx), offsetof(pt_regs, rcx), offsetof(pt_regs, rbx),
    offsetof(pt_regs, rsi), offsetof(pt_regs, rdi), offsetof(pt_regs, rbp), offsetof(pt_regs, rsp),
    offsetof(pt_regs, r8),  offsetof(pt_regs, r9),  offsetof(pt_regs, r10), offsetof(pt_regs, r11),
    offsetof(pt_regs, r12), offsetof(pt_regs, r13), offsetof(pt_regs, r14), offsetof(pt_regs, r15),
    offsetof(pt_regs, rip)};
constexpr std::array<uint16_t, 6> argument_registers{offsetof(pt_regs, rdi), offsetof(pt_regs, rsi),
                                                     offsetof(pt_regs, rdx), offsetof(pt_regs, rcx),
                                                     offsetof(pt_regs, r8),  offsetof(pt_regs, r9)};
constexpr uint16_t stack_pointer = offsetof(pt_regs, rsp);
constexpr int64_t return_address_bytes = 8;  // on the stack at the entry
constexpr bool known_convention = true;

#else

constexpr std::array<uint16_t, 0> dwarf_registers{};
constexpr std::array<uint16_t, 1> argument_registers{0};
constexpr uint16_t stack_pointer = 0;
constexpr int64_t return_address_bytes = 0;
constexpr bool known_convention = false;

#endif

std::optional<uint16_t> pt_register(uint64_t number) {
    if (number >= dwarf_registers.size()) return std::nullopt;
    return dwarf_registers[number];
}

// ---- the calling convention ----

struct Class {
    enum Kind { none, registers, vectors, memory, reference } kind = none;
    unsigned words = 1;
    bool has_vector = false;
};

struct Words {
    bool vector[2] = {false, false}, integer[2] = {false, false};
    bool memory = false;
};

void classify(const Dwarf_Die& type, uint64_t offset, Words& words, int depth) {
    auto bare = bare_type(type);
    if (!bare || depth > 16 || offset > 16) {
        words.memory |= offset > 16;
        return;
    }
    uint64_t word = offset / 8;
    if (is_record(*bare)) {
        for_each_child(*bare, [&](Dwarf_Die& child) {
            int tag = dwarf_tag(&child);
            if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
            if (has_flag(child, DW_AT_external)) return true;
            auto inner = type_of(child);
            if (inner) classify(*inner, offset + member_bits(child).value_or(0) / 8, words, depth + 1);
            return true;
        });
        return;
    }
    if (dwarf_tag(&*bare) == DW_TAG_array_type) {
        auto element = type_of(*bare);
        uint64_t size = element ? size_of(*element) : 0;
        for (uint64_t at = 0; size && at < size_of(*bare) && at < 16; at += size)
            classify(*element, offset + at, words, depth + 1);
        return;
    }
    if (word > 1) {
        words.memory = true;
        return;
    }
    uint64_t encoding = constant_of(*bare, DW_AT_encoding).value_or(0), size = size_of(*bare);
    bool is_float = dwarf_tag(&*bare) == DW_TAG_base_type && encoding == DW_ATE_float;
    if (is_float && size > 8)
        words.memory = true;  // x87
    else
        (is_float ? words.vector : words.integer)[word] = true;
    if (!is_float && size > 8 && word == 0) words.integer[1] = true;
}

Class class_of(const Dwarf_Die& type, bool is_rust) {
    auto bare = bare_type(type);
    if (!bare) return {};
    Class c{Class::registers, 1, false};
    int tag = dwarf_tag(&*bare);
    uint64_t size = size_of(*bare);
    Dwarf_Attribute vector;
    if (tag == DW_TAG_array_type && dwarf_attr(&*bare, DW_AT_GNU_vector, &vector)) {
        c.kind = Class::vectors;
        return c;
    }
    if (constant_of(*bare, DW_AT_calling_convention).value_or(0) == DW_CC_pass_by_reference) {
        c.kind = Class::reference;
        return c;
    }
    if (size > 16) {
        c.kind = is_rust ? Class::reference : Class::memory;
        return c;
    }
    Words words;
    classify(*bare, 0, words, 0);
    if (words.memory) {
        c.kind = Class::memory;
        return c;
    }
    if (!words.integer[0] && !words.integer[1] && !words.vector[0] && !words.vector[1]) {  // an empty class
        c.kind = Class::none;
        return c;
    }
    c.words = size > 8 ? 2 : 1;
    for (unsigned i = 0; i < c.words; ++i) c.has_vector |= words.vector[i] && !words.integer[i];
    bool all_vector = c.has_vector && !words.integer[0] && !words.integer[1];
    if (all_vector) c.kind = Class::vectors;
    return c;
}

// Gives out registers and stack places in the order of the parameters.
class Convention {
public:
    Convention(Dwarf_Die& function, bool is_rust) : is_rust_(is_rust) {
        auto result = type_of(function);
        auto bare = result ? bare_type(*result) : std::nullopt;
        if (!bare || !is_record(*bare)) return;
        Class c = class_of(*bare, is_rust);
        if (c.kind == Class::memory || c.kind == Class::reference) next_register_ = 1;  // where the result goes
    }
    void place(Parameter& p) {
        if (!p.type) return in_registers(p, 1);
        Class c = class_of(*p.type, is_rust_);
        switch (c.kind) {
            case Class::none:
            case Class::vectors: return;
            case Class::reference: return by_reference(p);
            case Class::memory: return on_stack(p, p.size, alignof_type(p));
            case Class::registers: break;
        }
        if (c.has_vector) {  // one half in a vector register
            ++next_register_;
            return;
        }
        in_registers(p, c.words);
    }

private:
    static uint64_t alignof_type(const Parameter& p) {
        auto alignment = p.type ? constant_of(const_cast<Dwarf_Die&>(*p.type), DW_AT_alignment) : std::nullopt;
        auto bare = p.type ? bare_type(*p.type) : std::nullopt;
        if (!alignment && bare && dwarf_tag(&*bare) == DW_TAG_base_type) return std::min<uint64_t>(p.size, 16);
        return std::clamp<uint64_t>(alignment.value_or(8), 8, 4096);
    }
    void in_registers(Parameter& p, unsigned words) {
        if (next_register_ + words > argument_registers.size()) return on_stack(p, p.size, 8);
        p.place = AVOCET_PLACE_REGISTER;
        p.index = next_register_;
        if (words == 2) p.second_register = argument_registers[next_register_ + 1];
        next_register_ += words;
    }
    // The caller made a copy and passes its address.
    void by_reference(Parameter& p) {
        if (next_register_ < argument_registers.size()) {
            p.location.kind = AVOCET_LOCATION_MEMORY;
            p.location.base = argument_registers[next_register_++];
            p.location.index = AVOCET_NO_REGISTER;
            return;
        }
        stack_ += 8;  // an address behind an address: no place
    }
    void on_stack(Parameter& p, uint64_t size, uint64_t alignment) {
        stack_ = (stack_ + alignment - 1) / alignment * alignment;
        p.place = AVOCET_PLACE_LOCATION;
        p.location.kind = AVOCET_LOCATION_MEMORY;
        p.location.base = stack_pointer;
        p.location.index = AVOCET_NO_REGISTER;
        p.location.offset = static_cast<int64_t>(stack_) + return_address_bytes;
        stack_ += (std::max<uint64_t>(size, 1) + 7) / 8 * 8;
    }
    bool is_rust_;
    unsigned next_register_ = 0;
    uint64_t stack_ = 0;
};

// ---- what DWARF says ----

class Locator {
public:
    Locator(DwarfInfo& info, Dwarf_Die& function, uint64_t address, bool is_entry)
        : info_(info), function_(function), address_(address), is_entry_(is_entry) {}

    // False: DWARF does not tell, or in a way that cannot be followed here.
    bool place(Dwarf_Die& die, Parameter& p) {
        Dwarf_Attribute attribute;
        Dwarf_Sword value = 0;
        if (dwarf_attr_integrate(&die, DW_AT_const_value, &attribute) && dwarf_formsdata(&attribute, &value) == 0) {
            constant(p, value);
            return true;
        }
        if (!dwarf_attr_integrate(&die, DW_AT_location, &attribute)) return false;
        bool is_list = dwarf_whatform(&attribute) != DW_FORM_exprloc && dwarf_whatform(&attribute) != DW_FORM_block1 &&
                       dwarf_whatform(&attribute) != DW_FORM_block2 && dwarf_whatform(&attribute) != DW_FORM_block4;
        Dwarf_Op* ops = nullptr;
        size_t count = 0;
        if (dwarf_getlocation_addr(&attribute, address_, &ops, &count, 1) != 1 || count == 0) return false;
        if (!follow(ops, count, p)) return false;
        // One expression for the whole function is true at its entry only if that is where the caller put the value.
        return is_list || !is_entry_ ||
               (p.place == AVOCET_PLACE_CONTEXT &&
                std::find(argument_registers.begin(), argument_registers.end(), p.index) != argument_registers.end());
    }

private:
    // Addresses wrap around, whatever a damaged file says.
    static int64_t sum(int64_t offset, uint64_t more) {
        return static_cast<int64_t>(static_cast<uint64_t>(offset) + more);
    }
    static void constant(Parameter& p, int64_t value) {
        p.place = AVOCET_PLACE_LOCATION;
        p.location = {AVOCET_LOCATION_CONSTANT, 8, 1, 0, AVOCET_NO_REGISTER, AVOCET_NO_REGISTER, value};
    }
    static bool in_register(Parameter& p, uint64_t number) {
        auto place = pt_register(number);
        if (!place) return false;
        p.place = AVOCET_PLACE_CONTEXT;
        p.index = *place;
        return true;
    }
    static bool in_memory(Parameter& p, uint16_t base, int64_t offset) {
        p.place = AVOCET_PLACE_LOCATION;
        p.location = {};
        p.location.kind = AVOCET_LOCATION_MEMORY;
        p.location.base = base;
        p.location.index = AVOCET_NO_REGISTER;
        p.location.offset = offset;
        return true;
    }
    static std::optional<uint64_t> register_of(const Dwarf_Op& op) {
        if (op.atom >= DW_OP_reg0 && op.atom <= DW_OP_reg31) return op.atom - DW_OP_reg0;
        if (op.atom == DW_OP_regx) return op.number;
        return std::nullopt;
    }
    // Register plus number.
    static bool based(const Dwarf_Op& op, uint64_t& number, int64_t& offset) {
        if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) {
            number = op.atom - DW_OP_breg0;
            offset = static_cast<int64_t>(op.number);
            return true;
        }
        if (op.atom == DW_OP_bregx) {
            number = op.number;
            offset = static_cast<int64_t>(op.number2);
            return true;
        }
        return false;
    }
    bool frame_address(uint16_t& base, int64_t& offset) {
        if (is_entry_ && known_convention) {
            base = stack_pointer;
            offset = return_address_bytes;
            return true;
        }
        auto ops = info_.frame_address_at(address_);
        uint64_t number = 0;
        if (ops.empty() || !based(ops[0], number, offset)) return false;
        if (ops.size() == 2 && ops[1].atom == DW_OP_plus_uconst)
            offset = sum(offset, ops[1].number);
        else if (ops.size() != 1)
            return false;
        auto place = pt_register(number);
        base = place.value_or(0);
        return place.has_value();
    }
    bool frame_base(uint16_t& base, int64_t& offset) {
        Dwarf_Attribute attribute;
        Dwarf_Op* ops = nullptr;
        size_t count = 0;
        if (!dwarf_attr_integrate(&function_, DW_AT_frame_base, &attribute) ||
            dwarf_getlocation_addr(&attribute, address_, &ops, &count, 1) != 1 || count != 1)
            return false;
        if (ops[0].atom == DW_OP_call_frame_cfa) return frame_address(base, offset);
        uint64_t number = 0;
        offset = 0;
        if (auto in = register_of(ops[0]))
            number = *in;
        else if (!based(ops[0], number, offset))
            return false;
        auto place = pt_register(number);
        base = place.value_or(0);
        return place.has_value();
    }
    bool follow(const Dwarf_Op* ops, size_t count, Parameter& p) {
        const Dwarf_Op& first = ops[0];
        if (count == 1 && register_of(first)) return in_register(p, *register_of(first));
        if (count == 4 && ops[1].atom == DW_OP_piece && ops[3].atom == DW_OP_piece && ops[1].number == 8 &&
            register_of(first) && register_of(ops[2])) {
            auto second = pt_register(*register_of(ops[2]));
            if (!second || !in_register(p, *register_of(first))) return false;
            p.second_register = *second;
            return true;
        }
        uint64_t number = 0;
        int64_t offset = 0;
        uint16_t base = 0;
        if (first.atom == DW_OP_fbreg && count == 1)
            return frame_base(base, offset) && in_memory(p, base, sum(offset, first.number));
        if (first.atom == DW_OP_call_frame_cfa && count <= 2) {
            if (count == 2 && ops[1].atom != DW_OP_plus_uconst) return false;
            return frame_address(base, offset) && in_memory(p, base, sum(offset, count == 2 ? ops[1].number : 0));
        }
        if (based(first, number, offset) && pt_register(number)) {
            if (count == 1) return in_memory(p, *pt_register(number), offset);
            if (count == 2 && ops[1].atom == DW_OP_stack_value) {
                p.place = AVOCET_PLACE_LOCATION;
                p.location = {};
                p.location.kind = AVOCET_LOCATION_REGISTER;
                p.location.base = *pt_register(number);
                p.location.index = AVOCET_NO_REGISTER;
                p.location.offset = offset;
                return true;
            }
        }
        if (count == 2 && ops[1].atom == DW_OP_stack_value) {
            if (first.atom >= DW_OP_lit0 && first.atom <= DW_OP_lit31) {
                constant(p, first.atom - DW_OP_lit0);
                return true;
            }
            bool is_constant = first.atom >= DW_OP_const1u && first.atom <= DW_OP_consts;
            if (is_constant) constant(p, static_cast<int64_t>(first.number));
            return is_constant;
        }
        return false;
    }

    DwarfInfo& info_;
    Dwarf_Die& function_;
    uint64_t address_;
    bool is_entry_;
};

bool is_float_type(const std::optional<Dwarf_Die>& type) {
    auto bare = type ? bare_type(*type) : std::nullopt;
    return bare && dwarf_tag(&*bare) == DW_TAG_base_type &&
           constant_of(*bare, DW_AT_encoding).value_or(0) == DW_ATE_float;
}

bool is_signed_type(const std::optional<Dwarf_Die>& type) {
    auto bare = type ? bare_type(*type) : std::nullopt;
    if (!bare) return false;
    if (dwarf_tag(&*bare) == DW_TAG_enumeration_type) return is_signed_type(type_of(*bare));
    uint64_t encoding = constant_of(*bare, DW_AT_encoding).value_or(0);
    return dwarf_tag(&*bare) == DW_TAG_base_type && (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char);
}

// Nowhere: what is not there is told apart from what is zero.
void nowhere(Parameter& p) {
    p.place = AVOCET_PLACE_LOCATION;
    p.location = {};
    p.location.base = p.location.index = AVOCET_NO_REGISTER;
}

void finish(Parameter& p) {
    if (is_float_type(p.type)) nowhere(p);
    bool is_scalar_size = p.size == 1 || p.size == 2 || p.size == 4 || p.size == 8;
    bool is_aggregate = false;
    if (auto bare = p.type ? bare_type(*p.type) : std::nullopt)
        is_aggregate = is_record(*bare) || dwarf_tag(&*bare) == DW_TAG_array_type;
    p.location.size = is_scalar_size ? static_cast<uint8_t>(p.size) : 8;
    p.location.is_signed = p.is_signed;
    if (p.place == AVOCET_PLACE_LOCATION) return;
    if ((is_aggregate || p.second_register) &&
        p.place == AVOCET_PLACE_REGISTER) {  // lies in the context like in memory
        p.place = AVOCET_PLACE_CONTEXT;
        p.index = argument_registers[p.index];
    }
    if (p.size > 8 && !p.second_register) nowhere(p);
}

}  // namespace

std::vector<Parameter> parameters_of(DwarfInfo& info, Dwarf_Die function, uint64_t address, bool is_entry,
                                     bool follows_convention) {
    std::vector<Parameter> out;
    Convention convention(function, info.is_rust(function));
    Locator locator(info, function, address, is_entry);
    for_each_child(function, [&](Dwarf_Die& child) {
        if (dwarf_tag(&child) != DW_TAG_formal_parameter) return true;
        Parameter p;
        p.name = name_of(child);
        p.type = type_of(child);
        p.size = p.type ? size_of(*p.type) : 8;
        p.is_signed = is_signed_type(p.type);
        Parameter by_convention = p, by_dwarf = p;
        nowhere(by_convention);
        if (known_convention) convention.place(by_convention);
        if (locator.place(child, by_dwarf))
            p = by_dwarf;
        else if (is_entry && follows_convention)
            p = by_convention;
        else
            nowhere(p);
        finish(p);
        if (!p.name.empty()) out.push_back(std::move(p));
        return out.size() < 64;
    });
    return out;
}

}  // namespace avocet::uprobe
