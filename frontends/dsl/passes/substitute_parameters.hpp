// SPDX-License-Identifier: Apache-2.0
//
// substitute_parameters: $N, $#, str($N[, length]) and $N in attach points become literals.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass substitute_parameters_pass();

}  // namespace avocet::dsl
