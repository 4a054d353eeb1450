// SPDX-License-Identifier: Apache-2.0
//
// Members and types that other kernels have: sources that are written for several ask bpf_core_field_exists() and
// bpf_core_type_exists() first, and must compile on all of them. Where a member lies is found where the program is
// loaded, so that it only has to be declared.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compile/compiler.hpp"

namespace avocet::c {

// vmlinux.h with what the errors say is missing, as far as it is known here and `sources` ask for it before they use
// it. Empty: nothing could be added.
std::string with_missing_types(const std::string& vmlinux, const std::vector<Message>& errors,
                               const std::vector<std::string>& sources);

}  // namespace avocet::c
