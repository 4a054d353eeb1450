// SPDX-License-Identifier: Apache-2.0
//
// A program object that the shell can start: a `#!/bin/sh` head that hands the file itself to avocet, and the ELF
// object behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace avocet::core {

// The object in `text`, if it is one: plain ELF for BPF, or behind such a head.
std::optional<std::string> object_of(std::string_view text);

// Writes FILE, executable, in one step. False: `why`.
bool write_object_script(const std::string& file, std::string_view object, std::string& why);

}  // namespace avocet::core
