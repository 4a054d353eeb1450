// SPDX-License-Identifier: Apache-2.0
//
// Deep copies of tree nodes, with everything that passes have set in them (types, indices, constants).
#pragma once

#include "syntax/ast.hpp"

namespace avocet::dsl {

ExprPtr clone(const Expr& expr);
StmtPtr clone(const Stmt& stmt);
std::unique_ptr<Block> clone(const Block& block);
std::unique_ptr<TypeName> clone(const TypeName& type);
TypeOrExpr clone(const TypeOrExpr& operand);
Clause clone(const Clause& clause);

// Null stays null.
template <class T>
std::unique_ptr<T> clone(const std::unique_ptr<T>& node) {
    return node ? clone(*node) : nullptr;
}

}  // namespace avocet::dsl
