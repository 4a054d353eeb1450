// SPDX-License-Identifier: Apache-2.0
//
// What a C tool says beyond its object (section `.avocet.tool`, sdk/docs/program.md "Objects without the section"):
// where functions attach, how buffers and maps are shown, what options mean. It is laid over the manifest that the
// object itself gives: only what it names is changed.
#pragma once

#include <string_view>

#include "program/manifest.hpp"

namespace avocet::core {

inline constexpr const char* tool_section = ".avocet.tool";

// From the bytes of the section. false: reported. Names that the object does not have are errors.
bool apply_tool_manifest(std::string_view json, const std::vector<std::string>& channels, Manifest& manifest,
                         Diagnostics& diagnostics);

}  // namespace avocet::core
