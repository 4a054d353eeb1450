// SPDX-License-Identifier: Apache-2.0
//
// fold_constants: literals under operators become one literal, with exact 64-bit rules. Both arms of a condition stay,
// to be type-checked; only `if comptime` drops the arm not taken.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass fold_constants_pass();

// Folds one expression whose operands may have become constant since (sizeof, enumerators), bottom up. Literals get
// `is_constant`, and so do tuples and records of literals. True if the whole expression is constant now. A `comptime`
// around something that is not constant stays: who can fold no further reports it.
bool fold(ExprPtr& expr, DiagnosticList& diagnostics);

}  // namespace avocet::dsl
