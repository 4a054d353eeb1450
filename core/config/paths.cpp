// SPDX-License-Identifier: Apache-2.0
#include "config/paths.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <unistd.h>

#include "host/diagnostics.hpp"

namespace avocet::core {
namespace {

std::string clock_text(std::time_t wall, const char* format) {
    std::tm local{};
    localtime_r(&wall, &local);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &local)};
}

std::optional<std::string> value_of(std::string_view name, const PathValues& values) {
    std::string text;
    if (name == "tool")
        text = values.tool;
    else if (name == "date")
        text = clock_text(values.wall, "%Y-%m-%d");
    else if (name == "time")
        text = clock_text(values.wall, "%H%M%S");
    else if (name == "pid")
        text = std::to_string(values.pid);
    else if (name == "host")
        text = values.host;
    else
        return std::nullopt;
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '/' || c == '\0'; }, '_');
    return text;
}

PathError unknown(std::string_view name) {
    auto near = closest(name, path_placeholders());
    return {"placeholder '{" + std::string(name) + "}' does not exist",
            near.empty() ? "there are {tool}, {date}, {time}, {pid} and {host}; write {{ for a brace"
                         : "did you mean '{" + near + "}'?"};
}

}  // namespace

PathValues PathValues::now(std::string tool) {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return {std::move(tool), std::time(nullptr), getpid(), host.data()};
}

const std::vector<std::string>& path_placeholders() {
    static const std::vector<std::string> names{"tool", "date", "time", "pid", "host"};
    return names;
}

std::optional<PathError> expand_path(std::string_view text, const PathValues& values, std::string& out) {
    out.clear();
    if (text.starts_with("~/")) {
        if (const char* home = std::getenv("HOME"); home && *home) {
            out = home;
            text.remove_prefix(1);
        }
    }
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool doubled = (c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c;
        if (doubled || c != '{') {
            out += c;
            i += doubled ? 1 : 0;
            continue;
        }
        auto end = text.find('}', i);
        if (end == std::string_view::npos) return PathError{"brace '{' is not closed", "write {{ for a brace"};
        auto name = text.substr(i + 1, end - i - 1);
        auto value = value_of(name, values);
        if (!value) return unknown(name);
        out += *value;
        i = end;
    }
    return std::nullopt;
}

}  // namespace avocet::core
