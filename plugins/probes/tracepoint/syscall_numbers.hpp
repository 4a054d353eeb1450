// SPDX-License-Identifier: Apache-2.0
//
// System call numbers by the names that tracefs uses. The format file of sys_enter_openat does not hold the number 257,
// which is what tells system calls apart at the one raw tracepoint they share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace avocet::tracepoint {

// `name` without "sys_enter_": "openat", "newstat". nullopt: not known on this architecture.
std::optional<uint32_t> syscall_number(std::string_view name);

}  // namespace avocet::tracepoint
