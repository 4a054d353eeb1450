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
#include "lower/link.hpp"
#include "lower/session.hpp"
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

    // Where the clause stands that became the longest function.
    Span largest_clause() const {
        const ProbeFunction* largest = nullptr;
        size_t most = 0;
        for (const ProbeFunction& f : unit.functions) {
            const llvm::Function* code = builder->module.getFunction(f.name);
            const size_t size = code ? code->getInstructionCount() : 0;
            if (size > most && !f.facts.spec_spans.empty()) largest = &f, most = size;
        }
        return largest ? largest->facts.spec_spans.front() : Span();
    }

    Unit& unit;
    std::vector<std::string> refusals;
    llvm::LLVMContext context;
    std::unique_ptr<llvm::TargetMachine> target;
    std::unique_ptr<lower::ModuleBuilder> builder;
    std::vector<lower::Session> sessions;
};

Lowering::Lowering(Unit& unit) : impl_(std::make_unique<Impl>(unit)) {}
Lowering::~Lowering() = default;

void Lowering::generate() {
    auto& builder = *impl_->builder;
    impl_->sessions = lower::pair_sessions(impl_->unit);
    for (size_t i = 0; i < impl_->unit.script.maps.size(); ++i)
        if (!impl_->unit.is_imported(impl_->unit.script.maps[i])) builder.map(static_cast<int>(i));
    for (size_t i = 0; i < impl_->unit.functions.size(); ++i)
        lower::FunctionBuilder(builder, impl_->unit.functions[i], i).build();
    lower::add_sessions(builder, impl_->sessions);
    builder.finish();
    std::string broken;
    llvm::raw_string_ostream stream(broken);
    if (llvm::verifyModule(builder.module, &stream))
        throw Error(AVOCET_ERR_INTERNAL, "code generator: the generated code is not valid: " + broken);
}

void Lowering::optimise() {
    lower::optimise_module(impl_->builder->module, *impl_->target, impl_->unit.portable());
    lower::drop_large_sessions(impl_->builder->module, impl_->unit, impl_->sessions);
}
std::string Lowering::ir() const { return lower::print_module(impl_->builder->module); }

std::string Lowering::assembly() {
    auto copy = lower::emit_module(impl_->builder->module, *impl_->target, llvm::CodeGenFileType::AssemblyFile);
    impl_->check_refusals();
    return copy;
}

void Lowering::emit() {
    auto& module = impl_->builder->module;
    auto* text = llvm::ConstantDataArray::getString(module.getContext(),
                                                    lower::manifest_json(impl_->unit, impl_->sessions), false);
    auto* manifest = llvm::cast<llvm::GlobalVariable>(module.getOrInsertGlobal("avocet_manifest", text->getType()));
    manifest->setInitializer(text);
    manifest->setConstant(true);
    manifest->setLinkage(llvm::GlobalValue::InternalLinkage);
    manifest->setSection(AVOCET_MANIFEST_SECTION);
    manifest->setAlignment(llvm::Align(1));
    try {
        impl_->unit.object = lower::emit_module(module, *impl_->target, llvm::CodeGenFileType::ObjectFile);
    } catch (const Error& e) {
        if (e.status() != AVOCET_ERR_INVALID) throw;
        impl_->unit.diagnostics->error(impl_->largest_clause(), e.what());
        return;
    }
    impl_->check_refusals();
    lower::link_libraries(impl_->unit);
}

}  // namespace avocet::dsl
