// SPDX-License-Identifier: Apache-2.0
//
// What the path option says. The host expands {tool}, {date}, {time}, {pid} and {host} once, before the sink exists. A
// path written with doubled braces, "{{date}}", reaches the sink as "{date}" and is expanded here, at every opening: so
// a rotated file gets a name of its own time.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>

namespace avocet::file {

// {date} as 2026-03-01 and {time} as 140509, local time: the host's forms.
std::string expand_clock(std::string path, std::time_t wall);
// "0640" and "640" are the same. Throws avocet::Error.
mode_t parse_mode(const std::string& text);

}  // namespace avocet::file
