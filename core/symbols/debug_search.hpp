// SPDX-License-Identifier: Apache-2.0
//
// Which debug file libdwfl takes: local ones only.
#pragma once

#include <elfutils/libdwfl.h>

namespace avocet::core {

// For files that are not running (dwfl_report_elf).
const Dwfl_Callbacks& local_debug_files();

}  // namespace avocet::core
