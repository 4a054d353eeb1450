// SPDX-License-Identifier: Apache-2.0
//
// Where a function's parameters are when a probe in it fires, in terms of the registers the program is shown.
//
// At the entry of a function the calling convention tells (System V x86-64 psABI, 3.2.3), whatever DWARF says of the
// places that unoptimised code is only about to fill. Where optimised code has a location list that covers the entry it
// is believed instead: a clone that lost a parameter to the optimiser follows no convention. Past the entry only DWARF
// knows. What is in vector registers, or nowhere, has a place of kind AVOCET_LOCATION_NONE.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/plan.h"
#include "avocet/abi/provider.h"
#include "dwarf_info.hpp"

namespace avocet::uprobe {

struct Parameter {
    std::string name;
    std::optional<Dwarf_Die> type;
    uint64_t size = 8;  // bytes
    bool is_signed = false;
    avocet_place place = AVOCET_PLACE_LOCATION;
    uint32_t index = 0;
    avocet_arg_location location{};
    // A struct in two registers: the second half.
    std::optional<uint32_t> second_register;  // byte offset in pt_regs
};

// `address`: where the probe is. `follows_convention`: the symbol is no clone made by the optimiser.
std::vector<Parameter> parameters_of(DwarfInfo& info, Dwarf_Die function, uint64_t address, bool is_entry,
                                     bool follows_convention);

}  // namespace avocet::uprobe
