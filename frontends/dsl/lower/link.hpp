// SPDX-License-Identifier: Apache-2.0
//
// Makes Unit::libraries, and what the script needs of runtime/, part of Unit::object. What libraries lack is an error
// at their import.
#pragma once

#include "unit.hpp"

namespace avocet::dsl::lower {

void link_libraries(Unit& unit);

}  // namespace avocet::dsl::lower
