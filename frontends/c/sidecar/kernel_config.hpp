// SPDX-License-Identifier: Apache-2.0
//
// The running kernel's build options and version, as kernel headers would define them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::c {

// "NAME=VALUE" for every CONFIG_ name that the text mentions and the kernel was built with (m: NAME_MODULE=1), from
// /proc/config.gz or /boot/config-VERSION; and LINUX_VERSION_CODE.
std::vector<std::string> kernel_defines(std::string_view text);
// What one is set to: y, m, 250, "text" with its quotes; empty: it is not set. nullopt: nobody says.
std::optional<std::string> kernel_config(const std::string& name);

}  // namespace avocet::c
