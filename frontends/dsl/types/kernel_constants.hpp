// SPDX-License-Identifier: Apache-2.0
//
// Kernel constants that tools take from headers and BTF does not have, because the kernel defines them by #define.
//
// They stand in for headers that are not installed: a script that includes any header sees them, and whatever the C
// text or BTF calls by the same name comes first. Only what has kept its value in every kernel since 4.14 is here; the
// table names the header each value was read from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace avocet::dsl {

std::optional<int64_t> kernel_constant(std::string_view name);
// Whether everything tools use of this header is known without it: constants from the table, types from BTF.
bool header_is_covered(std::string_view header);  // "linux/sched.h"

}  // namespace avocet::dsl
