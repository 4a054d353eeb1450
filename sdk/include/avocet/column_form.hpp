// SPDX-License-Identifier: Apache-2.0
//
// avocet/column_form.hpp: the ways in which a column of a table can be shown, as sidecars name them
// (sdk/docs/c-tools.md "Columns"): a word, or a word, a colon and arguments: "usym:pid=tgid", "dict:{0=read,1=write}".
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "avocet/nearest.hpp"

namespace avocet {

inline constexpr std::string_view column_forms[] = {
    "elapsed", "uptime", "delta",  "duration", "wallclock", "size",   "ipv4",    "ipv6", "ip",   "port", "mac",
    "ksym",    "usym",   "kstack", "ustack",   "errno",     "signal", "syscall", "uid",  "gid",  "dev",  "ifname",
    "cgroup",  "comm",   "enum",   "flags",    "dict",      "hex",    "bytes",   "text", "words"};

// The numbers and names of "{0=read,1=write}"; nullopt: it is no such list.
inline std::optional<std::vector<std::pair<int64_t, std::string>>> parse_column_dict(std::string_view text) {
    if (!text.starts_with('{') || !text.ends_with('}') || text.size() < 3) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::vector<std::pair<int64_t, std::string>> out;
    const auto trim = [](std::string_view s) {
        while (s.starts_with(' ')) s.remove_prefix(1);
        while (s.ends_with(' ')) s.remove_suffix(1);
        return s;
    };
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const size_t equals = one.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        std::string_view digits = trim(one.substr(0, equals));
        const bool negative = digits.starts_with('-');
        if (negative) digits.remove_prefix(1);
        if (digits.empty() || digits.size() > 18) return std::nullopt;
        int64_t number = 0;
        for (char c : digits) {
            if (c < '0' || c > '9') return std::nullopt;
            number = number * 10 + (c - '0');
        }
        out.emplace_back(negative ? -number : number, std::string(trim(one.substr(equals + 1))));
    }
    return out;
}

struct ColumnFormMistake {
    std::string fact, hint;
};

// What is wrong with the text of a form, whatever it is applied to; nullopt: nothing.
inline std::optional<ColumnFormMistake> column_form_mistake(std::string_view as) {
    const std::string_view word = as.substr(0, as.find(':'));
    const std::string_view arguments = word.size() < as.size() ? as.substr(word.size() + 1) : std::string_view();
    if (as.empty()) return std::nullopt;
    if (std::find(std::begin(column_forms), std::end(column_forms), word) == std::end(column_forms)) {
        std::string hint = nearest_hint(word, column_forms);
        if (hint.empty()) hint = "sdk/docs/c-tools.md lists what there is";
        return ColumnFormMistake{"'" + std::string(as) + "' is no way to show a column", std::move(hint)};
    }
    constexpr std::pair<std::string_view, std::string_view> needed[] = {
        {"ip", "family"}, {"usym", "pid"}, {"kstack", "map"}, {"ustack", "map"}};
    for (const auto& [form, key] : needed) {
        const std::string mark = std::string(key) + "=";
        if (word != form || arguments.find(mark) != std::string_view::npos) continue;
        return ColumnFormMistake{"'" + std::string(as) + "' does not say its " + std::string(key),
                                 "as in " + std::string(form) + ":" + mark + (key == "map" ? "MAP" : "MEMBER")};
    }
    if (word == "dict" && !parse_column_dict(arguments))
        return ColumnFormMistake{"'" + std::string(as) + "' is no list of numbers and names",
                                 "as in dict:{0=read,1=write}"};
    return std::nullopt;
}

}  // namespace avocet
