// SPDX-License-Identifier: Apache-2.0
//
// Calls of `fn` functions become blocks: parameters and the result are typed variables, `return` leaves only the block.
// A function may so use whatever its caller's probe offers, and is checked for each call. It cannot call itself.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass expand_functions_pass();

}  // namespace avocet::dsl
