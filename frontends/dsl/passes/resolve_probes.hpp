// SPDX-License-Identifier: Apache-2.0
//
// resolve_probes: asks the host what each attach point is given, and makes one function for each clause and group of
// targets that can share a program. From here on passes work on Unit::functions.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

void resolve_probes(Unit& unit);

Pass resolve_probes_pass();

}  // namespace avocet::dsl
