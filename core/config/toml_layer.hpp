// SPDX-License-Identifier: Apache-2.0
//
// One TOML file as a layer of settings.
#pragma once

#include "config/settings.hpp"

namespace avocet::core {

// Merges the text of `file` into `out`. false: errors were reported (others were looked for all the same).
bool read_toml_layer(std::string_view text, const std::string& file, Merged& out, Diagnostics& diagnostics);

}  // namespace avocet::core
