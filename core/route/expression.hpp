// SPDX-License-Identifier: Apache-2.0
//
// The condition of a route, as text and as a tree. Pure; knows no schema (filter.hpp does).
//
//   condition   or ::= and ("||" and)*     and ::= unary ("&&" unary)*     unary ::= "!" unary | "(" or ")" |
//   comparison comparison  operand [("==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~" | "=~") operand] operand field
//   | number | "text" | 'text' field       name ("." name-or-number | "[" number "]")*      or  `any name`
//
// `~` is a pattern with * and ? over the whole text, `!~` its contrary, `=~` a regular expression (RE2) anywhere in the
// text; both want text on the right. Numbers: 10, -3, 0x1f, 1.5MiB, 64k, 250ms, 5s; `5m` could be either and is
// refused. A field alone is true if it is there and neither zero nor empty.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::core {

struct Operand {
    enum Kind { field, number, text } kind = field;
    std::vector<std::string> path;  // field
    __int128 value = 0;             // number
    std::string literal;            // text
};

struct Expression {
    enum Kind { either, both, negation, truth, compare } kind = truth;
    enum Comparison { equal, not_equal, less, less_equal, greater, greater_equal, glob, not_glob, regex };
    std::vector<Expression> parts;  // either, both, negation
    Comparison comparison = equal;  // compare
    Operand left, right;            // compare; truth: left
};

struct ExpressionError {
    size_t at = 0, length = 1;  // bytes
    std::string message, hint;
};

// The tree, or what is wrong first.
std::optional<Expression> parse_expression(std::string_view text, ExpressionError& error);

}  // namespace avocet::core
