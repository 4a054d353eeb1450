// SPDX-License-Identifier: Apache-2.0
//
// LLVM's BPF target: created once for each compilation, an optimisation pipeline, assembly and object output.
#pragma once

#include <memory>
#include <string>

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

namespace avocet::dsl::lower {

std::unique_ptr<llvm::TargetMachine> make_target();
// `relocations`: the module has accesses that become CO-RE records.
void optimise_module(llvm::Module& module, llvm::TargetMachine& target, bool relocations);
// Consumes the module's IR (code generation rewrites it).
std::string emit_module(llvm::Module& module, llvm::TargetMachine& target, llvm::CodeGenFileType type);
std::string print_module(const llvm::Module& module);

}  // namespace avocet::dsl::lower
