// SPDX-License-Identifier: Apache-2.0
#include "compile/compiler.hpp"

#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendActions.h>
#include <clang/Frontend/PreprocessorOutputOptions.h>
#include <clang/Frontend/Utils.h>

#include "compile/child.hpp"
#include "compile/doc_comments.hpp"
#include "compile/event_types.hpp"
#include "compile/invocation.hpp"
#include "compile/program_rules.hpp"

namespace avocet::c {

namespace {

// The code generator, with what is learnt from the tree before it.
class EmitObject final : public clang::EmitObjAction {
public:
    EmitObject(const CompileJob& job, CompileResult& result) : job_(job), result_(result) {}

protected:
    std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                          llvm::StringRef file) override {
        auto generator = clang::EmitObjAction::CreateASTConsumer(compiler, file);
        if (!generator) return nullptr;
        auto all = read_doc_comments(learn_event_types(std::move(generator), compiler, job_));
        return job_.check_rules ? check_program_rules(std::move(all), compiler, result_.locals) : std::move(all);
    }

private:
    const CompileJob& job_;
    CompileResult& result_;
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

CompileResult compile_here(const CompileJob& job) {
    CompileResult result;
    llvm::SmallVector<char, 0> object;
    EmitObject action(job, result);
    result.ok = run_clang(job, action, result, std::make_unique<llvm::raw_svector_ostream>(object));
    if (result.ok) result.object.assign(object.begin(), object.end());
    return result;
}

}  // namespace

const std::vector<BccAlternative>* BccJob::sections_of(const std::string& function) const {
    if (const auto it = sections.find(function); it != sections.end()) return &it->second;
    for (const auto& [pattern, alternatives] : sections)
        if (matches_pattern(pattern, function)) return &alternatives;
    return nullptr;
}

CompileResult compile_object(const CompileJob& job) {
    return in_child([&] { return compile_here(job); });
}

CompileResult preprocess(const CompileJob& job) {
    CompileResult result;
    Preprocess action(result.text);
    result.ok = run_clang(job, action, result);
    return result;
}

}  // namespace avocet::c
