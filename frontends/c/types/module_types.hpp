// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "avocet/abi/base.h"

namespace avocet::c {

// The loaded kernel module whose own BTF defines a struct, union, enum or typedef of this name; empty: none.
// `kernel`: the BTF of the kernel itself, raw.
std::string module_with_type(avocet_bytes kernel, const std::string& name);

}  // namespace avocet::c
