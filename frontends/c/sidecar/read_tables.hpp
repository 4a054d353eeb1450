// SPDX-License-Identifier: Apache-2.0
//
// The tables of a sidecar, each with its own rules.
#pragma once

#include "sidecar/toml_table.hpp"

namespace avocet::c {

SidecarOption read_option(Table& table);
Choice read_choice(Table& table);
SidecarEvent read_event(Table& table);
SidecarMap read_map(Table& table);
// `when` over the kernel and the options.
void read_questions(Table& table, const char* key, std::vector<Question>& out);

// What one table alone cannot know: names of options that others use, effects that only others give.
void check_references(Sidecar& sidecar, std::vector<SidecarMistake>& mistakes);

}  // namespace avocet::c
