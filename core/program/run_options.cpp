// SPDX-License-Identifier: Apache-2.0
//
// Options that change how a program's records are shown: nothing is compiled or loaded otherwise because of them.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "avocet/number.hpp"
#include "host/quantity.hpp"
#include "program/program.hpp"

namespace avocet::core {

namespace {

// "5" means seconds, as the tools of other frameworks have it.
std::optional<uint64_t> duration_of(const std::string& value) {
    const bool plain = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    const auto ns = parse_duration_ns(plain ? value + "s" : value);
    return ns && *ns > 0 ? std::optional(static_cast<uint64_t>(*ns)) : std::nullopt;
}

std::optional<uint64_t> number_of(const std::string& value) {
    const auto number = parse_number(value);
    return number ? std::optional(number->value) : std::nullopt;
}

// A literal of a condition: a number as it is, anything else as text.
std::string literal(const std::string& value) {
    const size_t begin = value.starts_with('-') ? 1 : 0;
    if (parse_number(std::string_view(value).substr(begin))) return value;
    std::string out = "\"";
    for (char c : value) (c == '"' || c == '\\') ? (out += '\\') += c : out += c;
    return out + '"';
}

std::string with_value(std::string text, const std::string& value) {
    constexpr std::string_view mark = "{value}";
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
        text.replace(at, mark.size(), value);
    return text;
}

std::string set_top(Manifest& m, std::string_view what, const std::string& value) {
    constexpr std::string_view prefix = "map.", suffix = ".top";
    const std::string_view name = what.substr(prefix.size(), what.size() - prefix.size() - suffix.size());
    const auto number = number_of(value);
    if (!number) return "expects a number";
    for (ManifestMap& map : m.maps)
        if (map.symbol == name) map.top = *number;
    return {};
}

}  // namespace

std::string Program::apply_option(const ManifestOption& option, const std::string& value) {
    Manifest& m = manifest_;
    if (!option.choices.empty() &&
        std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end())
        return fmt::format("expects one of {}", fmt::join(option.choices, ", "));
    if ((option.type == "int" || option.type == "uint" || option.type == "pid") &&
        !parse_number(std::string_view(value).substr(option.type == "int" && value.starts_with('-') ? 1 : 0)))
        return "expects a number";
    if (!option.where.empty()) {
        const std::string condition = with_value(option.where, literal(value));
        for (const std::string& buffer : channels_) {
            auto found =
                std::find_if(m.channels.begin(), m.channels.end(), [&](const auto& c) { return c.map == buffer; });
            if (found == m.channels.end()) {
                found = m.channels.insert(m.channels.end(), ManifestChannel{});
                found->map = buffer;
            }
            found->where = found->where.empty() ? condition : fmt::format("({}) && ({})", found->where, condition);
        }
    }
    if (option.set.empty()) return {};
    if (option.set == "run.count") {
        const auto number = number_of(value);
        if (!number || !*number) return "expects a number from 1";
        m.interval_count = *number;
        return {};
    }
    if (option.set.starts_with("map.")) return set_top(m, option.set, value);
    const auto duration = duration_of(value);
    if (!duration) return "expects a time, for example 5 or 500ms";
    (option.set == "run.duration" ? m.duration_ns : m.interval_ns) = *duration;
    return {};
}

}  // namespace avocet::core
