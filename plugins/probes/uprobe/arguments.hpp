// SPDX-License-Identifier: Apache-2.0
//
// Targets to probe groups: those whose parameters are of the same types at the same places are one.
#pragma once

#include <string>
#include <vector>

#include "avocet/probe_group.hpp"
#include "targets.hpp"

namespace avocet::uprobe {

// A set of targets with one argument layout.
struct ArgumentGroup {
    std::vector<const Target*> targets;
    std::vector<ProbeArg> args;
    std::vector<uint8_t> btf;
};

// Throws avocet::Error if the file has no DWARF, or functions of one name differ.
std::vector<ArgumentGroup> group_by_arguments(const FileTargets& file);

// C declarations of a function's parameters; empty if they are not known.
std::vector<std::string> declarations_of(DwarfInfo& info, uint64_t entry);

}  // namespace avocet::uprobe
