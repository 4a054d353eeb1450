// SPDX-License-Identifier: Apache-2.0
//
// plugin.toml: what a plugin says about itself before anything of it is mapped. Schema: sdk/docs/sidecar.md.
#pragma once

#include <string>
#include <string_view>

#include "host/registry.hpp"

namespace avocet::core {

// Parses the text of `file`. On a mistake, `refusal` is set, the mistake was reported as a warning at its place, and
// the id is the sidecar's, or the folder's name if it has none. Never throws on any text.
Sidecar parse_sidecar(std::string_view text, const std::filesystem::path& file, Diagnostics& diagnostics);

// "avocet.sink/1" for "sink"; empty for a kind that does not exist.
std::string_view factory_id_of(std::string_view kind);

}  // namespace avocet::core
