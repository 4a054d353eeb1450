// SPDX-License-Identifier: Apache-2.0
//
// fold_constants: literals under operators become one literal, with exact 64-bit rules. Nothing is dropped but the arm not
// taken of `if comptime`.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass fold_constants_pass();

// Folds one expression whose operands may have become constant since (sizeof, enumerators), bottom up. Literals get
// `is_constant`. True if the whole expression is constant now.
bool fold(ExprPtr& expr, DiagnosticList& diagnostics);

}  // namespace avocet::dsl
