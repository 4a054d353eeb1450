// SPDX-License-Identifier: Apache-2.0
//
// C text of a script: definitions go to the table of types, object-like macros to Unit::c_macros.
//
// Plain definitions are read by our own reader (types/c_text.hpp), in microseconds. Whatever it refuses, and everything
// that includes a header, goes to libclang (types/clang_reader.hpp) as a whole.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass read_c_text_pass();

}  // namespace avocet::dsl
