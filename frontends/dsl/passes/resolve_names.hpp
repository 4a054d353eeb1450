// SPDX-License-Identifier: Apache-2.0
//
// resolve_names: binds variables to their scope, maps to Script::maps, words and calls to builtins or enumerators.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

void resolve_names(Unit& unit);

Pass resolve_names_pass();

}  // namespace avocet::dsl
