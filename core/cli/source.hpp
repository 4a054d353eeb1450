// SPDX-License-Identifier: Apache-2.0
//
// Where a script comes from: -e, a file, standard input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/diagnostics.hpp"
#include "session/compiler.hpp"

namespace avocet::core {

// -e TEXT wins; else the first of `arguments` is a file, or `-`; the rest are the script's parameters.
// nullopt: reported.
std::optional<SourceInput> read_source(const std::optional<std::string>& expression, std::vector<std::string> arguments,
                                       Diagnostics& diagnostics);

}  // namespace avocet::core
