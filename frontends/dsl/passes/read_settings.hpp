// SPDX-License-Identifier: Apache-2.0
//
// read_settings: the config block and the settings of the source (environment, flags; they win) into Unit::settings,
// with every key, value and range checked.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass read_settings_pass();

}  // namespace avocet::dsl
