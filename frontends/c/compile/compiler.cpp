// SPDX-License-Identifier: Apache-2.0
#include "compile/compiler.hpp"

#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendActions.h>
#include <clang/Frontend/PreprocessorOutputOptions.h>
#include <clang/Frontend/Utils.h>

#include "compile/event_types.hpp"
#include "compile/invocation.hpp"

namespace avocet::c {

namespace {

// The code generator, with what is learnt from the tree before it.
class EmitObject final : public clang::EmitObjAction {
protected:
    std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                          llvm::StringRef file) override {
        auto generator = clang::EmitObjAction::CreateASTConsumer(compiler, file);
        return generator ? learn_event_types(std::move(generator)) : nullptr;
    }
};

class Preprocess final : public clang::PreprocessorFrontendAction {
public:
    explicit Preprocess(std::string& text) : text_(text) {}

protected:
    void ExecuteAction() override {
        llvm::raw_string_ostream stream(text_);
        clang::PreprocessorOutputOptions options;
        options.ShowCPP = 1;
        clang::DoPrintPreprocessedInput(getCompilerInstance().getPreprocessor(), &stream, options);
    }

private:
    std::string& text_;
};

}  // namespace

CompileResult compile_object(const CompileJob& job) {
    CompileResult result;
    llvm::SmallVector<char, 0> object;
    EmitObject action;
    result.ok = run_clang(job, action, result, std::make_unique<llvm::raw_svector_ostream>(object));
    if (result.ok) result.object.assign(object.begin(), object.end());
    return result;
}

CompileResult preprocess(const CompileJob& job) {
    CompileResult result;
    Preprocess action(result.text);
    result.ok = run_clang(job, action, result);
    return result;
}

}  // namespace avocet::c
