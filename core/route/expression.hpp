// SPDX-License-Identifier: Apache-2.0
//
// The condition of a route, and values reckoned from fields, as text and as a tree. Pure; knows no schema (filter.hpp
// and computed.hpp do).
//
//   condition   and ("||" and)*                      and   unary ("&&" unary)*
//   unary       "!" unary | "(" condition ")" | comparison
//   comparison  sum [("==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~" | "=~") sum]
//   sum         product (("+" | "-") product)*       product  operand (("*" | "/" | "%") operand)*
//   operand     field | number | "text" | 'text' | "-" operand | "(" sum ")"
//   field       name ("." name-or-number | "[" number "]")*      or  `any name`
//   value       condition "?" value ":" value | condition | sum
//
// `~` is a pattern with * and ? over the whole text, `!~` its contrary, `=~` a regular expression (RE2) anywhere in the
// text; both want text on the right. Numbers: 10, -3, 0x1f, 1.5MiB, 64k, 250ms, 5s; `5m` could be either and is
// refused. A field alone is true if it is there and neither zero nor empty. Division drops the remainder; by zero there
// is no value.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::core {

struct Expression;

struct Operand {
    enum Kind { field, number, text, arithmetic, choice } kind = field;
    std::vector<std::string> path;                // field
    __int128 value = 0;                           // number
    std::string literal;                          // text
    char sign = 0;                                // arithmetic: one of + - * / %
    std::vector<Operand> parts;                   // arithmetic, choice: two
    std::shared_ptr<const Expression> condition;  // choice: of the first part; the second stands for "else"
    bool chosen = false;                          // choice: the parts were written, and are not 1 and 0
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
// The same for a value.
std::optional<Operand> parse_value(std::string_view text, ExpressionError& error);

// Every field that is named, in the order of the text (of a choice: the parts before the condition).
void each_field(const Operand& operand, const std::function<void(const Operand&)>& found);
void each_field(const Expression& expression, const std::function<void(const Operand&)>& found);

}  // namespace avocet::core
