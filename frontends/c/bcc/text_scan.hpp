// SPDX-License-Identifier: Apache-2.0
//
// What little of a preprocessed C text has to be known before it is parsed. One pass over its words, whatever its size.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::c {

// Kind ("struct", "union", "enum", "enumerator", "typedef") and name of everything that the text defines.
std::vector<std::pair<std::string, std::string>> defined_names(std::string_view text);

std::vector<std::string_view> lines_of(std::string_view text);
// The lines of file `name` in a text with line markers (# 7 "name", #line 7 "name"), by their number there.
std::map<uint32_t, std::string_view> marked_lines(std::string_view text, const std::string& name);

// Arguments of the call whose parenthesis follows `at`, without blanks around them; `end`: behind the closing one.
// Empty: there is no whole call.
std::vector<std::string> call_arguments(std::string_view text, size_t at, size_t& end);

}  // namespace avocet::c
