// SPDX-License-Identifier: Apache-2.0
//
// check: what types alone do not say: what a probe offers, jumps, unreachable code, unused things, unsafe builtins.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

void check(Unit& unit);

Pass check_pass();

}  // namespace avocet::dsl
