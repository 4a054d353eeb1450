// SPDX-License-Identifier: Apache-2.0
//
// Makes Unit::libraries part of Unit::object. What they lack is an error at their import.
#pragma once

#include "unit.hpp"

namespace avocet::dsl::lower {

void link_libraries(Unit& unit);

}  // namespace avocet::dsl::lower
