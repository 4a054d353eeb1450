// SPDX-License-Identifier: Apache-2.0
//
// Where the running kernel's code and that of its modules lies, as perf wants to be told before the first sample.
#pragma once

#include "perf_file.hpp"

namespace avocet::perfdata {

// Nothing where the kernel hides its addresses (kptr_restrict): then addresses stay numbers.
void add_kernel_maps(PerfFile& file);

}  // namespace avocet::perfdata
