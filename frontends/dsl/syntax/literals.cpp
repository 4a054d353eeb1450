// SPDX-License-Identifier: Apache-2.0
#include "syntax/literals.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "syntax/lexer.hpp"

namespace avocet::dsl {
namespace {

constexpr uint64_t max64 = std::numeric_limits<uint64_t>::max();

struct Suffix {
    std::string_view text;
    uint64_t factor;   // durations: nanoseconds
    uint64_t maximum;  // of the written number
};
constexpr std::array suffixes{
    Suffix{"u", 1, 0xffffffffu},       Suffix{"ul", 1, max64},
    Suffix{"ull", 1, max64},           Suffix{"l", 1, max64 >> 1},
    Suffix{"ll", 1, max64 >> 1},       Suffix{"ns", 1, max64},
    Suffix{"us", 1000, max64},         Suffix{"ms", 1000000, max64},
    Suffix{"s", 1000000000, max64},    Suffix{"m", 60000000000, max64},
    Suffix{"h", 3600000000000, max64}, Suffix{"d", 86400000000000, max64},
};

int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
}

// Reads digits of `base` and `_` at `at`. Returns false on overflow.
bool read_digits(std::string_view text, size_t& at, unsigned base, uint64_t& value) {
    bool fits = true;
    for (; at < text.size(); at++) {
        if (text[at] == '_') continue;
        int digit = digit_value(text[at]);
        if (digit >= static_cast<int>(base)) break;
        fits &= !__builtin_mul_overflow(value, uint64_t{base}, &value);
        fits &= !__builtin_add_overflow(value, static_cast<uint64_t>(digit), &value);
    }
    return fits;
}

ConvertedInteger failed(std::string text) {
    ConvertedInteger result;
    result.error = std::move(text);
    return result;
}
ConvertedInteger overflow(uint64_t maximum, std::string_view text) {
    return failed(fmt::format("overflow error, maximum value is {}: {}", maximum, text));
}
ConvertedInteger trailing(std::string_view text) { return failed(fmt::format("invalid trailing bytes: {}", text)); }

// `3e9`: one digit 1-9 and an exponent. `at` stands on the `e`.
std::optional<ConvertedInteger> read_exponent(std::string_view text, size_t& at, uint64_t& value) {
    std::string_view coefficient = text.substr(0, at);
    if (coefficient.size() != 1 || coefficient == "0")
        return failed(fmt::format("coefficient part of scientific literal must be 1-9: {}", text));
    if (text[at + 1] == '0')
        return failed(fmt::format("exponent of scientific literal must not begin with 0: {}", text));
    at++;
    uint64_t exponent = 0;
    read_digits(text, at, 10, exponent);
    for (uint64_t i = 0; i < exponent; i++)
        if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return overflow(max64, text);
    return std::nullopt;
}

ConvertedInteger apply_suffix(std::string_view text, std::string_view suffix, uint64_t value) {
    for (const Suffix& s : suffixes) {
        if (s.text != suffix) continue;
        if (value > s.maximum) return overflow(s.maximum, text);
        if (__builtin_mul_overflow(value, s.factor, &value)) return overflow(max64, text);
        return {value, true, {}};
    }
    if (suffix.find_first_not_of("uUlL") == std::string_view::npos) return trailing(text);
    for (char c : suffix)
        if (!is_word_start(c) || c == '_') return trailing(text);
    return failed(fmt::format("invalid integer suffix '{}'", suffix));
}

bool is_octal(std::string_view text) { return text.size() > 1 && text[0] == '0' && is_digit(text[1]); }

}  // namespace

ConvertedInteger convert_integer(std::string_view text, bool binary) {
    if (text.empty() || !is_digit(text[0])) return failed(fmt::format("invalid integer: {}", text));
    if (text.back() == '_') return failed("trailing underscore in integer literal");
    uint64_t value = 0;
    size_t at = 0;
    char second = text.size() > 1 && text[0] == '0' ? text[1] : '\0';
    bool hex = second == 'x' || second == 'X';
    if (hex || (binary && (second == 'b' || second == 'B'))) {
        at = 2;
        if (!read_digits(text, at, hex ? 16 : 2, value)) return overflow(max64, text);
        if (at != text.size() || at == 2) return trailing(text);
        return {value, false, {}};
    }
    if (!read_digits(text, at, is_octal(text) ? 8 : 10, value)) return overflow(max64, text);
    if (at + 1 < text.size() && (text[at] == 'e' || text[at] == 'E') && is_digit(text[at + 1]))
        if (auto error = read_exponent(text, at, value)) return *error;
    if (at == text.size()) return {value, false, {}};
    return apply_suffix(text, text.substr(at), value);
}

std::optional<uint64_t> convert_parameter(std::string_view text, bool& negative) {
    negative = text.starts_with('-');
    ConvertedInteger number = convert_integer(text.substr(negative ? 1 : 0), true);
    if (!number.error.empty()) return std::nullopt;
    if (!negative) return number.value;
    if (number.value > uint64_t{1} << 63) return std::nullopt;
    negative = number.value != 0;
    return 0 - number.value;
}

ConvertedString convert_string(std::string_view body) {
    ConvertedString result;
    auto fail = [&](size_t begin, size_t end, std::string text) {
        if (!result.error.empty()) return;
        result.error = std::move(text);
        result.error_offset = begin;
        result.error_length = end - begin;
    };
    for (size_t i = 0; i < body.size();) {
        if (body[i] != '\\' || i + 1 >= body.size()) {
            result.value += body[i++];
            continue;
        }
        size_t begin = i++;
        char c = body[i++];
        auto number = [&](unsigned base, size_t most) {
            unsigned value = 0;
            for (size_t n = 0; n < most && i < body.size() && digit_value(body[i]) < static_cast<int>(base); n++)
                value = value * base + static_cast<unsigned>(digit_value(body[i++]));
            return value;
        };
        std::string_view simple = "ntr\"\\", meaning = "\n\t\r\"\\";
        if (size_t at = simple.find(c); at != std::string_view::npos) {
            result.value += meaning[at];
        } else if (c >= '0' && c <= '7') {
            i--;
            unsigned value = number(8, 3);
            if (value > 0377)
                fail(begin, i, fmt::format("octal escape sequence out of range '{}'", body.substr(begin, i - begin)));
            result.value += static_cast<char>(value);
        } else if (c == 'x' || c == 'X') {
            size_t digits = i;
            unsigned value = number(16, 2);
            if (i == digits) fail(begin, i, fmt::format("invalid hex escape sequence '\\{}'", c));
            result.value += static_cast<char>(value);
        } else {
            fail(begin, i, fmt::format("invalid escape character '\\{}'", c));
        }
    }
    return result;
}

std::string quote_string(std::string_view value) {
    std::string out = "\"";
    for (unsigned char c : value) {
        switch (c) {
            case '\n': out += "\\n"; break;
            case '\t': out += "\\t"; break;
            case '\r': out += "\\r"; break;
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            default:
                // Three digits or two, always: a following digit must not be taken along.
                if (c < 0x20 || c == 0x7f)
                    out += fmt::format("\\x{:02x}", c);
                else
                    out += static_cast<char>(c);
        }
    }
    return out + "\"";
}

}  // namespace avocet::dsl
