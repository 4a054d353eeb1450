// SPDX-License-Identifier: Apache-2.0
//
// A clause at the entry and one at the return of the same kernel functions: one more program that does both, for
// kernels that can attach it as one (kprobe sessions, Linux 6.10). Which of them is attached is decided when a run is
// planned; what the clauses do is the same.
#pragma once

#include <string>
#include <vector>

#include "lower/module.hpp"

namespace avocet::dsl::lower {

struct Session {
    std::string name;                 // ELF symbol of its program
    size_t entry = 0, at_return = 0;  // functions of the unit
};

// The pairs of a unit's functions. Before functions are built.
std::vector<Session> pair_sessions(Unit& unit);

// Adds their programs, from functions that were built.
void add_sessions(ModuleBuilder& module, const std::vector<Session>& sessions);

// After optimisation: drops programs whose clauses may not fit into one frame of the stack.
void drop_large_sessions(llvm::Module& module, const Unit& unit, std::vector<Session>& sessions);

// The manifest with them: alternatives to their two functions.
std::string manifest_json(const Unit& unit, const std::vector<Session>& sessions);

}  // namespace avocet::dsl::lower
