// SPDX-License-Identifier: Apache-2.0
//
// Dialect B: where a function attaches, as the sidecar or its name says it, and what else can stand for that.
#pragma once

#include <string>
#include <vector>

#include "compile/compiler.hpp"

namespace clang {
class Expr;
class FunctionDecl;
}  // namespace clang

namespace avocet::c {

// The ELF section of the function's program: "kprobe/vfs_read"; empty: nothing says where it attaches.
std::string section_of(const BccJob& job, const std::string& function);

// As the sidecar or the function's name has it. Kernel functions of system calls have a tracepoint too, which every
// kernel can be asked for; the function is the same if all it does with the registers is to hand them on. `typed`: its
// arguments come by name and type, from BTF.
std::vector<BccAlternative> alternatives_of(const BccJob& job, const clang::FunctionDecl& function, bool typed);

// Whether the expression is the function's first parameter.
bool is_context_of(const clang::FunctionDecl& function, const clang::Expr* e);

}  // namespace avocet::c
