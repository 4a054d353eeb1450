// SPDX-License-Identifier: Apache-2.0
//
// A macro's own text: what a definition may hold, and one copy of it with the arguments in place of the parameters.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

// Reports what no use of the macro could mend: maps that were not passed in, jumps out of the body, variables named
// like a parameter.
void check_macro(const Macro& macro, DiagnosticList& diagnostics);

struct MacroCall {
    const Macro& macro;
    std::vector<ExprPtr>& args;  // as many as parameters, of fitting kinds, expanded
    uint32_t expansion;          // Span::expansion of everything that comes from the body
    uint32_t number;             // distinguishes the private variables of this copy
};

// The body with parameters replaced and its own variables renamed. Macro calls inside are left for the caller.
// `budget` counts down by the nodes that arguments bring in; at 0 the copy is incomplete and must be thrown away.
std::unique_ptr<Block> instantiate(const MacroCall& call, size_t& budget, DiagnosticList& diagnostics);

// Nodes and levels of a tree.
struct TreeSize {
    size_t nodes = 0, height = 0;
};
TreeSize measure(ExprPtr& expr);

}  // namespace avocet::dsl
