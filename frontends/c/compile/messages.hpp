// SPDX-License-Identifier: Apache-2.0
//
// Clang's diagnostics as plain data: what was said, where, with its notes.
#pragma once

#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/LangOptions.h>

#include "compile/compiler.hpp"

namespace avocet::c {

class MessageCollector final : public clang::DiagnosticConsumer {
public:
    explicit MessageCollector(std::vector<Message>& messages) : messages_(messages) {}
    void BeginSourceFile(const clang::LangOptions& options, const clang::Preprocessor*) override { options_ = options; }
    void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) override;

private:
    SourcePlace place(const clang::Diagnostic& info) const;
    std::vector<Message>& messages_;
    clang::LangOptions options_;
};

}  // namespace avocet::c
