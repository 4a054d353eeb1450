// SPDX-License-Identifier: Apache-2.0
//
// "{pid}" in a text: the value of the option of that name. "{value}": of the option whose text it is.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::c {

// `value`: of each name; what it gives stands in the place of the braces.
inline std::string fill_placeholders(const std::string& text,
                                     const std::function<std::string(const std::string& name)>& value) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const size_t end = text[at] == '{' ? text.find_first_not_of(letters, at + 1) : std::string::npos;
        if (end == std::string::npos || text[end] != '}' || end == at + 1) {
            out += text[at++];
            continue;
        }
        out += value(text.substr(at + 1, end - at - 1));
        at = end + 1;
    }
    return out;
}

// "{value}".
inline std::string with_value(std::string text, const std::string& value) {
    for (size_t at = text.find("{value}"); at != std::string::npos; at = text.find("{value}", at + value.size()))
        text.replace(at, 7, value);
    std::replace(text.begin(), text.end(), '\n', ' ');  // lines stay where they are
    return text;
}

inline std::vector<std::string> placeholders(const std::string& text) {
    std::vector<std::string> out;
    fill_placeholders(text, [&](const std::string& name) { return out.push_back(name), std::string(); });
    return out;
}

}  // namespace avocet::c
