// SPDX-License-Identifier: Apache-2.0
//
// System V ABI, AMD64 supplement, figure 3.36 "DWARF register number mapping"; DWARF 5, 2.5 and 2.6.
#include "dwarf_arguments.hpp"

#include <asm/ptrace.h>
#include <dwarf.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "calling_convention.hpp"
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
#else
constexpr std::array<uint16_t, 0> dwarf_registers{};
#endif

std::optional<uint16_t> pt_register(uint64_t number) {
    if (number >= dwarf_registers.size()) return std::nullopt;
    return dwarf_registers[number];
}

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
            has_constants_ = true;
            return true;
        }
        if (!dwarf_attr_integrate(&die, DW_AT_location, &attribute)) return false;
        bool is_list = dwarf_whatform(&attribute) != DW_FORM_exprloc && dwarf_whatform(&attribute) != DW_FORM_block1 &&
                       dwarf_whatform(&attribute) != DW_FORM_block2 && dwarf_whatform(&attribute) != DW_FORM_block4;
        Dwarf_Op* ops = nullptr;
        size_t count = 0;
        if (dwarf_getlocation_addr(&attribute, address_, &ops, &count, 1) != 1 || count == 0) return false;
        for (size_t i = 0; i + 1 < count; ++i)
            has_constants_ |= is_constant(ops[i]) && ops[i + 1].atom == DW_OP_stack_value;
        if (!follow(ops, count, p)) return false;
        // One expression for the whole function is true at its entry only if that is where the caller put the value.
        return is_list || !is_entry_ ||
               (p.place == AVOCET_PLACE_CONTEXT &&
                std::find(argument_registers.begin(), argument_registers.end(), p.index) != argument_registers.end());
    }

    // Some parameter was seen to have one value for all callers: the optimiser has made the function over.
    bool has_constants() const { return has_constants_; }

private:
    static bool is_constant(const Dwarf_Op& op) {
        return (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31) ||
               (op.atom >= DW_OP_const1u && op.atom <= DW_OP_consts);
    }
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
            if (is_constant(first)) constant(p, static_cast<int64_t>(first.number));
            return is_constant(first);
        }
        return false;
    }

    DwarfInfo& info_;
    Dwarf_Die& function_;
    uint64_t address_;
    bool is_entry_, has_constants_ = false;
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

// The register that holds the parameter, or the first half of it.
std::optional<uint32_t> register_of(const Parameter& p) {
    if (p.place == AVOCET_PLACE_REGISTER) return argument_registers[p.index];
    return p.place == AVOCET_PLACE_CONTEXT ? std::optional(p.index) : std::nullopt;
}

// A parameter as the convention has it and as DWARF has it.
struct Found {
    Parameter by_convention, by_dwarf;
    bool is_described = false;
    bool disagrees() const {
        const auto here = register_of(by_convention), there = register_of(by_dwarf);
        return is_described && there && here != there;
    }
};

// By Rust's own convention; what is exported for C has C's.
bool follows_rust(DwarfInfo& info, Dwarf_Die& function) {
    Dwarf_Attribute attribute;
    const char* symbol =
        dwarf_attr_integrate(&function, DW_AT_linkage_name, &attribute) ? dwarf_formstring(&attribute) : nullptr;
    const std::string_view name = symbol ? symbol : "";
    return info.is_rust(function) && (name.starts_with("_ZN") || name.starts_with("_R"));
}

}  // namespace

// Optimised code that only its own file calls may be made over without a trace in its symbol: parameters that nobody
// needs are dropped and the others move up. One that is not where the convention has it, or has one value for all,
// gives that away; then only DWARF is believed.
std::vector<Parameter> parameters_of(DwarfInfo& info, Dwarf_Die function, uint64_t address, bool is_entry,
                                     bool follows_convention) {
    std::vector<Found> found;
    Convention convention(function, follows_rust(info, function));
    Locator locator(info, function, address, is_entry);
    for_each_child(function, [&](Dwarf_Die& child) {
        if (dwarf_tag(&child) != DW_TAG_formal_parameter) return true;
        Parameter p;
        p.name = name_of(child);
        p.type = type_of(child);
        p.size = p.type ? size_of(*p.type) : 8;
        p.is_signed = is_signed_type(p.type);
        Found& each = found.emplace_back(Found{p, p});
        nowhere(each.by_convention);
        if (known_convention) convention.place(each.by_convention);
        each.is_described = locator.place(child, each.by_dwarf);
        return found.size() < 64;
    });
    follows_convention &= is_entry && !locator.has_constants() &&
                          constant_of(function, DW_AT_calling_convention).value_or(0) != DW_CC_nocall &&
                          std::none_of(found.begin(), found.end(), [](const Found& f) { return f.disagrees(); });
    std::vector<Parameter> out;
    for (Found& each : found) {
        Parameter& p = each.is_described ? each.by_dwarf : each.by_convention;
        if (!each.is_described && !follows_convention) nowhere(p);
        finish(p);
        if (!p.name.empty()) out.push_back(std::move(p));
    }
    return out;
}

}  // namespace avocet::uprobe
