// SPDX-License-Identifier: Apache-2.0
//
// Names as their authors wrote them.
#pragma once

#include <string>
#include <string_view>

namespace avocet::core {

// C++ (Itanium ABI), and Rust's older scheme, which is the same with a hash at the end. Other names as they are.
std::string demangled(std::string_view symbol);

}  // namespace avocet::core
