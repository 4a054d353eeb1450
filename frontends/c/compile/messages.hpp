// SPDX-License-Identifier: Apache-2.0
//
// Clang's diagnostics as plain data: what was said, where, with its notes.
#pragma once

#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/LangOptions.h>

#include "compile/compiler.hpp"

namespace avocet::c {

// Where a range of the source begins, as the user knows it; line 0: nowhere.
SourcePlace place_of(clang::SourceLocation at, const clang::SourceManager& sources, const clang::LangOptions& options);

class MessageCollector final : public clang::DiagnosticConsumer {
public:
    explicit MessageCollector(std::vector<Message>& messages) : messages_(messages) {}
    void BeginSourceFile(const clang::LangOptions& options, const clang::Preprocessor*) override { options_ = options; }
    // What this frontend itself has to say.
    void add(Message message) { messages_.push_back(std::move(message)); }
    void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) override;

private:
    SourcePlace place(const clang::Diagnostic& info) const;
    std::vector<Message>& messages_;
    clang::LangOptions options_;
};

}  // namespace avocet::c
