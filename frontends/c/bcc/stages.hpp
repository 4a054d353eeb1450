// SPDX-License-Identifier: Apache-2.0
//
// Dialect B in three stages, each a text: preprocess (the user's macros and ours), parse and rewrite (map methods,
// parameters, reads of kernel memory), compile. Lines stay where they are in all of them.
#pragma once

#include "avocet/frontend.hpp"
#include "compile/compiler.hpp"

namespace avocet::c {

struct BccProgram {
    CompileResult result;
    std::vector<BccFunction> functions;
    std::string rewritten;  // the text of the last stage, for --emit
};

// `job`: the user's text with its include directories; `vmlinux`: the header's text. `headers`: where files that exist
// in memory only stand.
BccProgram compile_bcc(CompileJob job, const BccJob& bcc, const std::string& headers, const std::string& vmlinux,
                       const Host& host);

// What of it is done on texts alone, on a text that Clang has not seen: for tests of hostile texts. The names that both
// the text and `vmlinux` define, as the lines that hide the kernel's.
std::string scan_bcc_text(CompileJob& job, const std::string& headers, const std::string& vmlinux);

}  // namespace avocet::c
