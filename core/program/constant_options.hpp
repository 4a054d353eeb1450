// SPDX-License-Identifier: Apache-2.0
//
// Options that an object declares without saying so: its `const volatile` globals, which libbpf-style loaders set from
// their command line before the program is loaded.
#pragma once

#include <vector>

#include "program/elf_object.hpp"
#include "program/manifest.hpp"
#include "types/btf.hpp"

namespace avocet::core {

// One option for each global of .rodata that is `const volatile`, not static, and an integer of at most 8 bytes, a
// boolean, an enum or a char array; in order of their place. `targ_pid` is --pid, `min_lat_ns` is --min-lat-ns: without
// a leading targ_, target_ or filter_ where that names nothing else. The variable's tag avocet:option=NAME decides
// instead of these rules, avocet:help=TEXT describes it.
std::vector<ManifestOption> constant_options(const ElfObject& elf, const BtfView& types);

}  // namespace avocet::core
