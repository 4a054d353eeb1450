// SPDX-License-Identifier: Apache-2.0
//
// Text to syntax tree. The parser is written by hand (recursive descent, precedence climbing for operators), reports
// every syntax error of the file at once and always returns a tree of what it understood. It resolves no names.
//
// Three things are settled here so that no pass has to:
//  - the last expression of a block whose value nobody takes (bodies of clauses, loops and functions, `if` statements)
//    is a statement, so Block::value is set only where a value is wanted;
//  - an `if` or bare block that cannot have a value (no `else`, an arm that ends in a statement) is a statement;
//  - nesting is limited (`max_tree_height`), so recursive walks over the tree cannot exhaust the stack.
#pragma once

#include <string_view>

#include "syntax/ast.hpp"
#include "syntax/diagnostics.hpp"

namespace avocet::dsl {

// Deepest tree the parser builds; deeper input is a syntax error.
constexpr unsigned max_tree_height = 600;

// Parses file `file` of `sources`. `imported`: a file reached by `import`, which may hold no config block.
Script parse_script(const Sources& sources, uint32_t file, DiagnosticList& diagnostics, bool imported = false);

// Parses the whole file as one expression (the replacement text of a C macro). Null after an error.
ExprPtr parse_expression(const Sources& sources, uint32_t file, DiagnosticList& diagnostics);

// Words that the parser itself gives a meaning: never a macro name, a record's first field or the type in a cast
// (`args`, `arg0`, `pid` ...).
bool is_parser_builtin(std::string_view word);

}  // namespace avocet::dsl
