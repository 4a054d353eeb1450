// SPDX-License-Identifier: Apache-2.0
//
// The script in standard form. Parsing the result gives the same program, printing that gives the same text.
#pragma once

#include <string>

#include "syntax/ast.hpp"

namespace avocet::dsl {

std::string print(const Script& script);

// One expression. `type_argument`: where a bare word would be read as a type (the operand of sizeof), it gets
// parentheses.
std::string print(const Expr& expr, bool type_argument = false);

}  // namespace avocet::dsl
