// SPDX-License-Identifier: Apache-2.0
//
// Placeholders in path options: {tool} {date} {time} {pid} {host}; `{{` and `}}` are braces. A value never brings a
// slash into the path: a tool called "../x" stays in its directory.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace avocet::core {

struct PathValues {
    std::string tool = "avocet";
    std::time_t wall = 0;  // shown in local time: {date} 2026-03-01, {time} 140509
    pid_t pid = 0;
    std::string host;

    static PathValues now(std::string tool = "avocet");
};

struct PathError {
    std::string message, hint;
};

const std::vector<std::string>& path_placeholders();
// The expanded path, or why it cannot be expanded. A leading ~/ becomes $HOME.
std::optional<PathError> expand_path(std::string_view text, const PathValues& values, std::string& out);

}  // namespace avocet::core
