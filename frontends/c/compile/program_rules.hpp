// SPDX-License-Identifier: Apache-2.0
//
// What the kernel would refuse later, or nobody would: helpers for programs under the GPL only, programs and maps of
// networking, text that stays behind a pointer. Found in the syntax tree, said at its place.
#pragma once

#include <memory>
#include <vector>

#include <clang/AST/ASTConsumer.h>
#include <clang/Frontend/CompilerInstance.h>

#include "compile/compiler.hpp"

namespace avocet::c {

// Goes before `next`. `locals`: large variables of the main file, largest first.
std::unique_ptr<clang::ASTConsumer> check_program_rules(std::unique_ptr<clang::ASTConsumer> next,
                                                        clang::CompilerInstance& compiler, std::vector<Local>& locals);

}  // namespace avocet::c
