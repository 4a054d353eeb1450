// SPDX-License-Identifier: Apache-2.0
//
// The part of the C preprocessor that scripts use most: object-like #define and #undef, #include, and #ifdef and its
// kin. It decides which pieces of a script's C text count, so that plain struct definitions need no C compiler. What
// it does not know (#if of an expression, a function-like macro, #pragma) is left to one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::dsl {

struct CPiece {
    size_t index;  // of the piece in the script
    std::string_view text;
};

struct CSelection {
    std::vector<CPiece> definitions;            // struct, union, enum, typedef
    std::vector<CPiece> includes;               // header names: <linux/fs.h>, "x.h"
    std::map<std::string, std::string> macros;  // object-like, name to text
    bool needs_compiler = false;                // something here only a C compiler understands
};

// `pieces`: directives and definitions in order. `defined`: names that are defined from the start.
CSelection select_c_text(const std::vector<std::string>& pieces, const std::vector<std::string>& defined);

}  // namespace avocet::dsl
