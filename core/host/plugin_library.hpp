// SPDX-License-Identifier: Apache-2.0
//
// A plugin's library on disk: checked by descriptor, mapped by Boost.DLL at its canonical path. dlopen tells little and
// late about damaged files (a truncated one is a SIGBUS at first touch), so the ELF headers are read before.
#pragma once

#include <optional>
#include <variant>

#include "host/descriptor.hpp"
#include "host/ownership.hpp"

namespace avocet::core {

// Is the file a whole ELF shared object for this machine?
std::optional<Refusal> check_elf(const FileDescriptor& file);
// Opens and checks `path` (its folder, the file, those above) once more, at the time of loading.
std::variant<FileDescriptor, Refusal> open_library(const std::filesystem::path& path);
// RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE. The entry, or why there is none. Hold a CrashGuard.
std::variant<const avocet_plugin_entry_t*, Refusal> map_library(const std::filesystem::path& path);

}  // namespace avocet::core
