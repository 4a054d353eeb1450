// SPDX-License-Identifier: Apache-2.0
//
// vmlinux.h: every type of the running kernel as C text, for sources that include it. Members are found by name where
// the program is loaded (preserve_access_index), so a source compiled here runs on other kernels.
#pragma once

#include <string>

#include "avocet/abi/base.h"

namespace avocet::c {

// `btf`: raw, as in /sys/kernel/btf/vmlinux. Throws Error when it is damaged. About 2.8 MB and 0.2 s.
std::string vmlinux_header(avocet_bytes btf);

// The same through a file in the user's cache directory, named by a hash of `btf`; appears there by rename. A
// directory that cannot be used costs the time again, nothing else.
std::string cached_vmlinux_header(avocet_bytes btf);

}  // namespace avocet::c
