// SPDX-License-Identifier: Apache-2.0
//
// The pipeline is short on purpose. Most of O2 (vectorisers, loop unrolling, inlining by cost) has nothing to do for
// these functions and costs start-up time, and some of it hurts: sinking or merging loads makes "modified context
// pointers" and lost bounds that the verifier refuses. What is left turns stack slots into registers, folds, and drops
// what is dead.
#include "lower/target.hpp"

#include <csetjmp>

#include <llvm/Analysis/CFG.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/DeadStoreElimination.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "avocet/error.hpp"

extern "C" {
void LLVMInitializeBPFTarget();
void LLVMInitializeBPFTargetInfo();
void LLVMInitializeBPFTargetMC();
void LLVMInitializeBPFAsmPrinter();
}

namespace avocet::dsl::lower {

std::unique_ptr<llvm::TargetMachine> make_target() {
    LLVMInitializeBPFTargetInfo();
    LLVMInitializeBPFTarget();
    LLVMInitializeBPFTargetMC();
    LLVMInitializeBPFAsmPrinter();
    std::string error;
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget("bpfel", error);
    if (!target) throw Error(AVOCET_ERR_INTERNAL, "code generator: LLVM lacks the BPF target: " + error);
    llvm::TargetOptions options;
    auto* machine = target->createTargetMachine("bpfel", "v3", "", options, llvm::Reloc::PIC_, std::nullopt,
                                                llvm::CodeGenOptLevel::Default);
    if (!machine) throw Error(AVOCET_ERR_INTERNAL, "code generator: the BPF target cannot be created");
    return std::unique_ptr<llvm::TargetMachine>(machine);
}

void optimise_module(llvm::Module& module, llvm::TargetMachine& target, bool relocations) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager components;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(&target);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);

    const auto shape =
        llvm::SimplifyCFGOptions().convertSwitchRangeToICmp(true).hoistCommonInsts(false).sinkCommonInsts(false);
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
    passes.addPass(llvm::EarlyCSEPass(true));
    passes.addPass(llvm::SimplifyCFGPass(shape));
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass(shape));
    passes.addPass(llvm::EarlyCSEPass(true));
    passes.addPass(llvm::DSEPass());
    passes.addPass(llvm::ADCEPass());
    passes.addPass(llvm::SimplifyCFGPass(shape));
    llvm::ModulePassManager pipeline;
    if (relocations) builder.invokePipelineStartEPCallbacks(pipeline, llvm::OptimizationLevel::O2);
    pipeline.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(passes)));
    pipeline.run(module, modules);
}

namespace {

bool has_loop(const llvm::Module& module) {
    llvm::SmallVector<std::pair<const llvm::BasicBlock*, const llvm::BasicBlock*>, 4> edges;
    for (const llvm::Function& f : module)
        if (!f.isDeclaration()) llvm::FindFunctionBackedges(f, edges);
    return !edges.empty();
}

// What addPassesToEmitFile does, but blocks stay in the order in which they were made: placement turns loops so that
// the last block falls through into the head, and before Linux 6.8 the verifier takes a way back only by a jump.
bool add_passes_in_order(llvm::legacy::PassManager& passes, llvm::LLVMTargetMachine& target,
                         llvm::raw_pwrite_stream& to, llvm::CodeGenFileType type) {
    auto* information = new llvm::MachineModuleInfoWrapperPass(&target);
    llvm::TargetPassConfig* config = target.createPassConfig(passes);
    config->disablePass(&llvm::MachineBlockPlacementID);
    passes.add(config);
    passes.add(information);
    if (config->addISelPasses()) return true;
    config->addMachinePasses();
    config->setInitialized();
    if (target.addAsmPrinter(passes, to, nullptr, type, information->getMMI().getContext())) return true;
    passes.add(llvm::createFreeMachineFunctionPass());
    return false;
}

// LLVM ends the process when it meets what it cannot encode. It must not end ours: control comes back here, and what
// the interrupted pass owned is leaked. There is one compilation at a time in a process [thread: control].
struct FatalTrap {
    FatalTrap() {
        llvm::install_fatal_error_handler(
            [](void* self, const char* text, bool) {
                auto* trap = static_cast<FatalTrap*>(self);
                trap->reason = text && *text ? text : "unknown failure";
                std::longjmp(trap->back, 1);
            },
            this);
    }
    ~FatalTrap() { llvm::remove_fatal_error_handler(); }
    FatalTrap(const FatalTrap&) = delete;
    FatalTrap& operator=(const FatalTrap&) = delete;
    std::jmp_buf back;
    std::string reason;
};

}  // namespace

std::string emit_module(llvm::Module& module, llvm::TargetMachine& target, llvm::CodeGenFileType type) {
    llvm::SmallVector<char, 0> buffer;
    llvm::raw_svector_ostream stream(buffer);
    llvm::legacy::PassManager passes;
    if (has_loop(module) ? add_passes_in_order(passes, static_cast<llvm::LLVMTargetMachine&>(target), stream, type)
                         : target.addPassesToEmitFile(passes, stream, nullptr, type))
        throw Error(AVOCET_ERR_INTERNAL, "code generator: the BPF target cannot write this kind of file");
    FatalTrap trap;
    if (setjmp(trap.back) == 0) passes.run(module);
    if (!trap.reason.empty()) {
        // Jumps have 16 bits for their distance in instructions.
        if (trap.reason.find("out of insn range") != std::string::npos)
            throw Error(AVOCET_ERR_INVALID,
                        "a clause is too long: a jump in it spans more than 32767 instructions; "
                        "write it as several clauses of the same probe");
        throw Error(AVOCET_ERR_INTERNAL, "code generator: " + trap.reason);
    }
    return std::string(buffer.begin(), buffer.end());
}

std::string print_module(const llvm::Module& module) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module.print(stream, nullptr);
    return text;
}

}  // namespace avocet::dsl::lower
