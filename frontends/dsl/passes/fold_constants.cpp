// SPDX-License-Identifier: Apache-2.0
#include "passes/fold_constants.hpp"

#include "syntax/dump.hpp"

namespace avocet::dsl {
namespace {

void fold_constants(Unit&) {}

}  // namespace

bool fold(ExprPtr& expr, DiagnosticList&) { return expr->is_constant; }

Pass fold_constants_pass() { return {"fold_constants", false, fold_constants, dump_ast, "ast"}; }

}  // namespace avocet::dsl
