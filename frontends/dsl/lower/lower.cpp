// SPDX-License-Identifier: Apache-2.0
//
// The phases of code generation, and the section that makes an object a program.
#include "lower/lower.hpp"

#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "lower/target.hpp"

namespace avocet::dsl {

namespace {

// What the back end refuses (stack too large, a call that BPF lacks) is an error of the script, not a crash.
void note_refusal(const llvm::DiagnosticInfo* info, void* texts) {
    if (info->getSeverity() != llvm::DS_Error) return;
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info->print(printer);
    static_cast<std::vector<std::string>*>(texts)->push_back(text);
}

// Frames are per-CPU map values, which the kernel limits (PCPU_MIN_UNIT_SIZE).
constexpr uint64_t largest_frame = 32768;

}  // namespace

struct Lowering::Impl {
    explicit Impl(Unit& u) : unit(u) {
        context.setDiagnosticHandlerCallBack(note_refusal, &refusals);
        context.setDiscardValueNames(false);
        target = lower::make_target();
        builder = std::make_unique<lower::ModuleBuilder>(context, unit);
    }
    void check_refusals() {
        for (const std::string& text : refusals) unit.diagnostics->error({}, "code generator: " + text);
        refusals.clear();
    }

    Unit& unit;
    std::vector<std::string> refusals;
    llvm::LLVMContext context;
    std::unique_ptr<llvm::TargetMachine> target;
    std::unique_ptr<lower::ModuleBuilder> builder;
};

Lowering::Lowering(Unit& unit) : impl_(std::make_unique<Impl>(unit)) {}
Lowering::~Lowering() = default;

void Lowering::generate() {
    auto& builder = *impl_->builder;
    for (size_t i = 0; i < impl_->unit.script.maps.size(); ++i) builder.map(static_cast<int>(i));
    for (size_t i = 0; i < impl_->unit.functions.size(); ++i)
        lower::FunctionBuilder(builder, impl_->unit.functions[i], i).build();
    if (builder.scratch_bytes > largest_frame)
        impl_->unit.diagnostics
            ->error({}, "the script needs " + std::to_string(builder.scratch_bytes) +
                            " bytes of scratch memory for one event; the kernel allows " +
                            std::to_string(largest_frame))
            .with_hint("lower max_strlen or print fewer long strings at once");
    builder.finish();
    std::string broken;
    llvm::raw_string_ostream stream(broken);
    if (llvm::verifyModule(builder.module, &stream))
        throw Error(AVOCET_ERR_INTERNAL, "code generator: the generated code is not valid: " + broken);
}

void Lowering::optimise() { lower::optimise_module(impl_->builder->module, *impl_->target, impl_->unit.portable()); }
std::string Lowering::ir() const { return lower::print_module(impl_->builder->module); }

std::string Lowering::assembly() {
    auto copy = lower::emit_module(impl_->builder->module, *impl_->target, llvm::CodeGenFileType::AssemblyFile);
    impl_->check_refusals();
    return copy;
}

void Lowering::emit() {
    auto& module = impl_->builder->module;
    auto* text = llvm::ConstantDataArray::getString(module.getContext(), manifest_json(impl_->unit), false);
    auto* manifest = llvm::cast<llvm::GlobalVariable>(module.getOrInsertGlobal("avocet_manifest", text->getType()));
    manifest->setInitializer(text);
    manifest->setConstant(true);
    manifest->setLinkage(llvm::GlobalValue::InternalLinkage);
    manifest->setSection(AVOCET_MANIFEST_SECTION);
    manifest->setAlignment(llvm::Align(1));
    impl_->unit.object = lower::emit_module(module, *impl_->target, llvm::CodeGenFileType::ObjectFile);
    impl_->check_refusals();
}

}  // namespace avocet::dsl
