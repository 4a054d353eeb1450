// SPDX-License-Identifier: Apache-2.0
//
// C text through libclang: what it defines goes into the table of types, its object-like macros come back.
//
// Kernel types that the text needs are declared in front of it, from BTF (btf_declarations.hpp). What it needs shows
// only in clang's messages, so the text is read again with what was missing, a few times at most. A kernel header that
// is not installed counts as empty then: its types are BTF's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "types/clang_library.hpp"
#include "types/struct_table.hpp"

namespace avocet::dsl {

struct CText {
    std::string text;                        // positions in it are those of messages
    std::vector<std::string> include_dirs;   // -I, in order
    std::vector<std::string> quote_dirs;     // for #include "…" alone
    std::vector<std::string> include_files;  // --include
    std::vector<std::string> system_dirs;    // the kernel's
    std::vector<std::string> definitions;    // NAME or NAME=VALUE
};

struct CProblem {
    std::string text;  // clang's
    std::string file;  // "definitions.h", or a header
    unsigned line = 0, column = 0;
};

struct CFindings {
    std::map<std::string, std::string> macros;  // object-like: name and text
    std::vector<CProblem> errors;
    std::vector<std::string> headers;    // files that were read
    std::vector<std::string> missing;    // headers that counted as empty
    std::vector<std::string> conflicts;  // types the text defines otherwise than the kernel
};

// The name that the C text has in messages.
inline constexpr const char* c_text_name = "definitions.h";

CFindings read_with_clang(const ClangLibrary& clang, StructTable& table, const CText& input);

}  // namespace avocet::dsl
