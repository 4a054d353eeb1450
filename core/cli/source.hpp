// SPDX-License-Identifier: Apache-2.0
//
// Where a script comes from: -e, a file, standard input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/diagnostics.hpp"
#include "session/compiler.hpp"

namespace avocet::core {

// -e TEXT wins; else the first of `arguments` is a file, or `-`; the rest are the script's parameters.
// nullopt: reported.
std::optional<SourceInput> read_source(const std::optional<std::string>& expression, std::vector<std::string> arguments,
                                       Diagnostics& diagnostics);

// The bytes of a file, or of standard input for `-`; nullopt: errno tells.
std::optional<std::string> read_text(const std::string& file);
// Writes a file of the same directory and renames it. False: `why`.
bool replace_file(const std::string& file, std::string_view text, std::string& why);

}  // namespace avocet::core
