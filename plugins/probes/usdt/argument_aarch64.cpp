// SPDX-License-Identifier: Apache-2.0
//
// Operands of aarch64. Offsets are those of struct user_pt_regs (arch/arm64/include/uapi/asm/ptrace.h): x0 to x30, sp,
// pc. Constants have no mark; addresses stand in brackets.
#include <charconv>
#include <optional>

#include "argument.hpp"

namespace avocet::usdt {

namespace {

constexpr uint16_t sp = 31 * 8;

struct Register {
    uint16_t offset;
    uint8_t width;
    bool is_zero = false;
};

std::optional<Register> find_register(std::string_view text) {
    if (text == "sp") return Register{sp, 8};
    if (text == "wsp") return Register{sp, 4};
    if (text == "xzr" || text == "wzr") return Register{0, 8, true};
    if (text == "fp") return Register{29 * 8, 8};
    if (text == "lr") return Register{30 * 8, 8};
    if (text.size() < 2 || (text[0] != 'x' && text[0] != 'w')) return std::nullopt;
    unsigned number = 0;
    const char* end = text.data() + text.size();
    auto [at, error] = std::from_chars(text.data() + 1, end, number);
    if (error != std::errc{} || at != end || number > 30) return std::nullopt;
    return Register{static_cast<uint16_t>(number * 8), static_cast<uint8_t>(text[0] == 'x' ? 8 : 4)};
}

Operand not_understood(std::string_view text) {
    return Operand::refused("the place '" + std::string(text) + "' is not understood");
}

std::string_view take_until_comma(std::string_view& text) {
    size_t comma = text.find(',');
    std::string_view word = trimmed(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    return word;
}

std::optional<int64_t> number(std::string_view text) {
    if (!text.empty() && text[0] == '#') text.remove_prefix(1);
    auto e = parse_expression(text);
    return e && e->symbol.empty() ? std::optional(e->number) : std::nullopt;
}

// "[base]", "[base, offset]", "[base, index]", "[base, index, lsl 3]"
Operand indirect(std::string_view whole) {
    std::string_view rest = whole.substr(1, whole.size() - 2);
    std::string_view base = take_until_comma(rest), second = take_until_comma(rest), extend = take_until_comma(rest);
    auto base_register = find_register(base);
    if (!base_register || base_register->width != 8 || base_register->is_zero || !rest.empty())
        return not_understood(whole);
    if (second.empty())
        return extend.empty() ? memory_operand(base_register->offset, AVOCET_NO_REGISTER, 0, 0) : not_understood(whole);
    if (auto offset = number(second)) {
        if (!extend.empty()) return not_understood(whole);
        return memory_operand(base_register->offset, AVOCET_NO_REGISTER, 0, *offset);
    }
    auto index = find_register(second);
    if (!index || index->is_zero) return not_understood(whole);
    if (index->width != 8) return Operand::refused("an address with a 32-bit index, '" + std::string(whole) + "'");
    uint8_t shift = 0;
    if (!extend.empty()) {
        if (extend.substr(0, 3) != "lsl") return not_understood(whole);
        auto bits = number(trimmed(extend.substr(3)));
        if (!bits || *bits < 0 || *bits > 4) return not_understood(whole);
        shift = static_cast<uint8_t>(*bits);
    }
    return memory_operand(base_register->offset, index->offset, shift, 0);
}

}  // namespace

Operand parse_aarch64_operand(std::string_view text) {
    text = trimmed(text);
    if (text.empty()) return Operand::refused("its place is empty");
    if (text[0] == '[') return text.back() == ']' && text.size() > 2 ? indirect(text) : not_understood(text);
    if (auto r = find_register(text)) {
        if (r->is_zero) return constant_operand(0);
        Operand o;
        o.location.kind = AVOCET_LOCATION_REGISTER;
        o.location.base = r->offset;
        o.location.index = AVOCET_NO_REGISTER;
        o.width = r->width;
        return o;
    }
    for (char vector : {'v', 'q', 'd', 's', 'h', 'b'})
        if (text[0] == vector && text.size() > 1 && text[1] >= '0' && text[1] <= '9')
            return Operand::refused("in the register " + std::string(text) + ", which a probe is not given");
    if (auto value = number(text)) return constant_operand(*value);
    return not_understood(text);
}

}  // namespace avocet::usdt
