// SPDX-License-Identifier: Apache-2.0
//
// What was taken out of a stripped file and is kept elsewhere: a separate debug file, found by build-id or by the name
// in .gnu_debuglink, as gdb finds it; or symbols only, compressed inside the file itself (.gnu_debugdata). Only local
// places are looked at, the cache of debuginfod's client among them: a tracer that waits for the network at its start
// is no help.
#pragma once

#include <string>
#include <vector>

#include "open_elf.hpp"

namespace avocet::uprobe {

// Raw bytes; empty: none.
std::string build_id(::Elf* elf);

struct DebugFile {
    std::string path;
    OpenElf elf;
};
// `path` is where the file was opened, `root` the part of it in front of what its own process sees ("/proc/7/root", or
// empty). Without elf: there is none that fits.
// `first` is searched before the usual places (the option `debuginfo`): directories with `:` between them; relative
// ones stand beside the file, in those with a `+` in front the checksum must be right too.
DebugFile find_debug_file(::Elf* elf, const std::string& path, const std::string& root, const std::string& first = {});

// The ELF in .gnu_debugdata.
OpenElf embedded_symbols(::Elf* elf);

}  // namespace avocet::uprobe
