// SPDX-License-Identifier: Apache-2.0
//
// Options that change how a program's records are shown: nothing is compiled or loaded otherwise because of them.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "avocet/number.hpp"
#include "avocet/option_value.hpp"
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

// A literal of a condition: a number as it is, anything else, and what is meant as text, in quotes.
std::string literal(const std::string& value, const std::string& type) {
    const bool text = type == "string" || type == "regex" || type == "path" || type == "choice";
    const size_t begin = value.starts_with('-') ? 1 : 0;
    if (!text && parse_number(std::string_view(value).substr(begin))) return value;
    std::string out = "\"";
    for (char c : value) c == '"' ? (out += '\\') += c : out += c;
    return out + '"';
}

std::string with_value(std::string text, const std::string& value) {
    constexpr std::string_view mark = "{value}";
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
        text.replace(at, mark.size(), value);
    return text;
}

std::string type_mistake(const std::string& type, const std::string& value) {
    const size_t sign = type == "int" && value.starts_with('-') ? 1 : 0;
    if ((type == "int" || type == "uint" || type == "pid") && !parse_number(std::string_view(value).substr(sign)))
        return "expects a number";
    if (type == "bool" && value != "true" && value != "false" && value != "1" && value != "0")
        return "expects a boolean (e.g. 'true')";
    return {};
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

void Program::hold_cgroup(const ManifestOption& option, const std::string& value) {
    manifest_.given[option.name] = value;
    manifest_.cgroups.emplace_back(option.map, cgroup_directory(value));
}

std::string Program::apply_option(const ManifestOption& option, const std::string& value) {
    Manifest& m = manifest_;
    m.given[option.name] = value;
    if (!option.constant.empty()) return {};
    if (!option.choices.empty() &&
        std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end())
        return fmt::format("expects one of {}", fmt::join(option.choices, ", "));
    if (const std::string why = type_mistake(option.type, value); !why.empty()) return why;
    std::string what;
    const auto plain = option_number(option.type, value, what);
    if (!plain) return "expects " + what;
    if (!option.where.empty()) m.conditions.push_back(with_value(option.where, literal(*plain, option.type)));
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
