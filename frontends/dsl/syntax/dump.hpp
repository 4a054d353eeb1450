// SPDX-License-Identifier: Apache-2.0
//
// The tree as text, for people and golden tests: one line for each statement, operators before operands, no positions.
#pragma once

#include <string>

#include "unit.hpp"

namespace avocet::dsl {

std::string dump_ast(const Script& script);
std::string dump_ast(const Unit& unit);
std::string dump_expr(const Expr& expr);
std::string dump_clause(const Clause& clause);

// `int32*[4]`, `struct foo*`, `typeof($x)`: as in the source.
std::string spelling(const TypeName& type);
std::string spelling(Op op);

}  // namespace avocet::dsl
