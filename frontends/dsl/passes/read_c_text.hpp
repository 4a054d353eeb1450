// SPDX-License-Identifier: Apache-2.0
//
// read_c_text: the C definitions of the script become types of Unit::structs, and `#define NAME value` a word whose
// value is parsed where it is used (Unit::c_macros). #include is answered by the kernel's BTF: what a header would
// declare of the kernel is there already. Other preprocessor lines are refused.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

void read_c_text(Unit& unit);

Pass read_c_text_pass();

}  // namespace avocet::dsl
