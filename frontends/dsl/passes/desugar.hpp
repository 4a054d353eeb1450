// SPDX-License-Identifier: Apache-2.0
//
// Short forms written out in the language's own terms. The results hold unresolved names: whoever calls resolves them.
#pragma once

#include "syntax/ast.hpp"
#include "unit.hpp"

namespace avocet::dsl {

// `a op= b` becomes `a = a op b`.
void desugar_compound(AssignStmt& s);
// `a ?: b` becomes `a ? a : b`. A condition that holds another short ternary gets a variable, `{ let $t = a; $t ? $t :
// b }`: copies of copies would double with each level. `number` makes the variable's name unique in its scope.
ExprPtr desugar_short_ternary(TernaryExpr& e, size_t number);
// ppid, pcomm, leader_tid, leader_comm [(task)]: fields of a task. Null for every other call.
ExprPtr desugar_task_value(CallExpr& e);
// container_of(p, typeof(T), member) is (T *)((uint64)p - offsetof(T, member)). Null: not of this shape.
ExprPtr desugar_container_of(CallExpr& e);

// assert(c, text): if (!c) { errorf("assert failed: %s", text); exit(1); }. Null: not two arguments.
ExprPtr desugar_assert(CallExpr& e);
// The settings as a record of literals.
ExprPtr settings_record(const Span& span, const Settings& settings);

}  // namespace avocet::dsl
