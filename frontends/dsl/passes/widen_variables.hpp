// SPDX-License-Identifier: Apache-2.0
//
// Scripts of the time when a variable lived as long as its clause assign one in both arms of an `if` and use it behind:
// it gets its declaration in front of the `if`, and a warning. What only one arm assigns stays an error.
#pragma once

#include "syntax/ast.hpp"
#include "syntax/diagnostics.hpp"

namespace avocet::dsl {

void widen_variables(Clause& clause, DiagnosticList& diagnostics);

}  // namespace avocet::dsl
