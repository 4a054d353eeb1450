// SPDX-License-Identifier: Apache-2.0
//
// What a ring buffer or perf event array carries. The map does not say, and Clang writes no BTF for types that only
// local variables have; so the types are learnt where events are submitted, and said in the object: the map gets the
// tag `avocet:table=STRUCT`, and a pointer in section `.avocet.types` (which libbpf skips) keeps the struct's BTF.
#pragma once

#include <memory>

#include <clang/AST/ASTConsumer.h>
#include <clang/Frontend/CompilerInstance.h>

#include "compile/compiler.hpp"

namespace avocet::c {

// Goes before the code generator, whom it hands the declarations it makes.
std::unique_ptr<clang::ASTConsumer> learn_event_types(std::unique_ptr<clang::ASTConsumer> generator,
                                                      clang::CompilerInstance& compiler, const CompileJob& job);

}  // namespace avocet::c
