// SPDX-License-Identifier: Apache-2.0
//
// avocet/number.hpp: numbers in probe specs, positional parameters and environment values: decimal, 0x, 0b, leading-0
// octal, `_` between digits, D`e`N, C suffixes, and duration suffixes (nanoseconds).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace avocet {

struct Number {
    uint64_t value = 0;
    bool is_duration = false;  // `value` is nanoseconds
};

namespace detail {

inline int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

inline std::optional<uint64_t> times(uint64_t a, uint64_t b) {
    uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

// Consumes digits of `base` from the front of `text`.
inline std::optional<uint64_t> digits(std::string_view& text, unsigned base) {
    uint64_t value = 0;
    size_t i = 0;
    bool trailing_underscore = true;
    for (; i < text.size(); ++i) {
        if (text[i] == '_' && i > 0) {
            trailing_underscore = true;
            continue;
        }
        int digit = digit_of(text[i]);
        if (digit >= static_cast<int>(base)) break;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, static_cast<uint64_t>(digit), &value))
            return std::nullopt;
        trailing_underscore = false;
    }
    if (trailing_underscore) return std::nullopt;
    text.remove_prefix(i);
    return value;
}

inline std::optional<Number> with_suffix(uint64_t value, std::string_view suffix) {
    struct Unit {
        std::string_view name;
        uint64_t ns;
    };
    constexpr Unit units[] = {{"ns", 1},          {"us", 1000},         {"ms", 1000000},      {"s", 1000000000},
                              {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
    if (suffix.empty()) return Number{value, false};
    for (std::string_view c : {"u", "ul", "ull", "l", "ll"})
        if (suffix == c) return Number{value, false};
    for (const auto& unit : units)
        if (suffix == unit.name)
            if (auto ns = times(value, unit.ns)) return Number{*ns, true};
    return std::nullopt;
}

}  // namespace detail

// nullopt: not a number, or above 2^64 - 1.
inline std::optional<Number> parse_number(std::string_view text) {
    unsigned base = 10;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        base = 16;
    else if (text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B'))
        base = 2;
    else if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
        base = 8;
    if (base == 16 || base == 2) text.remove_prefix(2);
    auto value = detail::digits(text, base);
    if (!value) return std::nullopt;
    if (base == 16) return text.empty() ? std::optional<Number>(Number{*value, false}) : std::nullopt;
    if (base == 10 && !text.empty() && (text[0] == 'e' || text[0] == 'E')) {
        if (*value < 1 || *value > 9) return std::nullopt;
        text.remove_prefix(1);
        auto exponent = detail::digits(text, 10);
        if (!exponent || !text.empty()) return std::nullopt;
        for (uint64_t i = 0; i < *exponent; ++i) {
            value = detail::times(*value, 10);
            if (!value) return std::nullopt;
        }
        return Number{*value, false};
    }
    return detail::with_suffix(*value, text);
}

}  // namespace avocet
