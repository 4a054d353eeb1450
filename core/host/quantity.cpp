// SPDX-License-Identifier: Apache-2.0
//
// Numbers with units, exactly: integer arithmetic, a decimal fraction is allowed where the result is whole. k, K and
// KiB are 1024, kB and KB are 1000, and so on up; durations may be chained ("1h30m"). A duration without a unit is
// malformed, as nobody can tell what was meant; 0 needs none.
#include <array>
#include <limits>
#include <string_view>

#include "host/quantity.hpp"

namespace avocet::core {
namespace {

struct Unit {
    std::string_view name;
    int64_t factor;
};

constexpr int64_t kibi = 1024, mebi = kibi * 1024, gibi = mebi * 1024, tebi = gibi * 1024;
constexpr std::array<Unit, 24> size_units{
    {{"", 1},       {"B", 1},          {"k", kibi},           {"K", kibi},
     {"Ki", kibi},  {"KiB", kibi},     {"kiB", kibi},         {"kB", 1000},
     {"KB", 1000},  {"m", mebi},       {"M", mebi},           {"Mi", mebi},
     {"MiB", mebi}, {"MB", 1'000'000}, {"g", gibi},           {"G", gibi},
     {"Gi", gibi},  {"GiB", gibi},     {"GB", 1'000'000'000}, {"t", tebi},
     {"T", tebi},   {"Ti", tebi},      {"TiB", tebi},         {"TB", 1'000'000'000'000}}};

constexpr int64_t second = 1'000'000'000;
constexpr std::array<Unit, 10> duration_units{{{"ns", 1},
                                               {"us", 1000},
                                               {"\u00b5s", 1000},
                                               {"\u03bcs", 1000},
                                               {"ms", 1'000'000},
                                               {"s", second},
                                               {"m", 60 * second},
                                               {"min", 60 * second},
                                               {"h", 3600 * second},
                                               {"d", 24 * 3600 * second}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Value of the decimal `whole` + "0." + `fraction`, times `factor`. nullopt: too large, or not a whole number.
std::optional<int64_t> scaled(std::string_view whole, std::string_view fraction, int64_t factor) {
    __int128 value = 0;
    constexpr __int128 limit = std::numeric_limits<int64_t>::max();
    for (char digit : whole)
        if ((value = value * 10 + (digit - '0')) > limit) return std::nullopt;
    value *= factor;
    __int128 numerator = 0, denominator = 1;
    if (fraction.size() > 15) return std::nullopt;
    for (char digit : fraction) numerator = numerator * 10 + (digit - '0'), denominator *= 10;
    if (numerator * factor % denominator != 0) return std::nullopt;
    value += numerator * factor / denominator;
    return value > limit ? std::nullopt : std::optional(static_cast<int64_t>(value));
}

std::string_view take_digits(std::string_view& text) {
    size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    auto digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
}

// One number and its unit from the front of `text`.
template <size_t N>
std::optional<int64_t> take_quantity(std::string_view& text, const std::array<Unit, N>& units) {
    auto whole = take_digits(text);
    if (whole.empty()) return std::nullopt;
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
        if (fraction.empty()) return std::nullopt;
    }
    while (text.starts_with(' ')) text.remove_prefix(1);
    size_t n = 0;
    while (n < text.size() && !is_digit(text[n]) && text[n] != ' ') ++n;
    auto name = text.substr(0, n);
    text.remove_prefix(n);
    for (const auto& unit : units)
        if (unit.name == name) return scaled(whole, fraction, unit.factor);
    return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_size(std::string_view text) {
    auto value = take_quantity(text, size_units);
    return text.empty() ? value : std::nullopt;
}

std::optional<int64_t> parse_duration_ns(std::string_view text) {
    if (text == "0") return 0;
    if (text.empty()) return std::nullopt;
    int64_t sum = 0;
    while (!text.empty()) {
        auto part = take_quantity(text, duration_units);
        if (!part || __builtin_add_overflow(sum, *part, &sum)) return std::nullopt;
    }
    return sum;
}

}  // namespace avocet::core
