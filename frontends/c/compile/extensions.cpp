// SPDX-License-Identifier: Apache-2.0
//
// Clang's code generator offers every LLVM extension that its build knows a chance to register. Debian's build knows
// Polly (a loop optimiser), whose archive is a package of its own and which BPF programs have no use for.
#include <llvm/Passes/PassPlugin.h>

llvm::PassPluginLibraryInfo getPollyPluginInfo() {
    return {LLVM_PLUGIN_API_VERSION, "Polly", "none", [](llvm::PassBuilder&) {}};
}
