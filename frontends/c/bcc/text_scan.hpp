// SPDX-License-Identifier: Apache-2.0
//
// What little of a preprocessed C text has to be known before it is parsed. One pass over its words, whatever its size.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::c {

// Kind ("struct", "union", "enum", "enumerator", "typedef") and name of everything that the text defines.
std::vector<std::pair<std::string, std::string>> defined_names(std::string_view text);

// Arguments of the call whose parenthesis follows `at`, without blanks around them; `end`: behind the closing one.
// Empty: there is no whole call.
std::vector<std::string> call_arguments(std::string_view text, size_t at, size_t& end);

}  // namespace avocet::c
