// SPDX-License-Identifier: Apache-2.0
//
// expand_macros: calls of the script's macros become blocks with hygienic copies of their bodies. Names that no macro
// has stay for resolve_names.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass expand_macros_pass();

}  // namespace avocet::dsl
