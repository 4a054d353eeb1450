// SPDX-License-Identifier: Apache-2.0
//
// One run of Clang over a job's text, in this process: whatever the action wants of it.
#pragma once

#include <clang/Frontend/FrontendAction.h>
#include <llvm/Support/raw_ostream.h>

#include "compile/compiler.hpp"

namespace avocet::c {

// `output`: where actions that write an object write it; may be nullptr. False: an error was among the messages.
bool run_clang(const CompileJob& job, clang::FrontendAction& action, CompileResult& result,
               std::unique_ptr<llvm::raw_pwrite_stream> output = nullptr);

}  // namespace avocet::c
