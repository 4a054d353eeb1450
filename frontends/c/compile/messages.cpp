// SPDX-License-Identifier: Apache-2.0
#include "compile/messages.hpp"

#include <clang/Basic/SourceManager.h>
#include <clang/Lex/Lexer.h>

namespace avocet::c {

SourcePlace place_of(clang::SourceLocation location, const clang::SourceManager& sources,
                     const clang::LangOptions& options) {
    if (location.isInvalid()) return {};
    const clang::SourceLocation at = sources.getFileLoc(location);
    const clang::PresumedLoc begin = sources.getPresumedLoc(at);
    if (begin.isInvalid()) return {};
    SourcePlace out;
    out.file = begin.getFilename();
    out.line = begin.getLine();
    out.column = begin.getColumn();
    out.end_line = out.line;
    out.end_column = out.column + std::max(clang::Lexer::MeasureTokenLength(at, sources, options), 1u);
    return out;
}

SourcePlace MessageCollector::place(const clang::Diagnostic& info) const {
    if (!info.hasSourceManager()) return {};
    const clang::SourceManager& sources = info.getSourceManager();
    SourcePlace out = place_of(info.getLocation(), sources, options_);
    if (!out.line) return out;
    const clang::SourceLocation at = sources.getFileLoc(info.getLocation());
    for (const clang::CharSourceRange& range : info.getRanges()) {  // the range that starts where the message points
        const clang::CharSourceRange here = clang::Lexer::makeFileCharRange(range, sources, options_);
        if (here.isInvalid() || here.getBegin() != at) continue;
        const clang::PresumedLoc end = sources.getPresumedLoc(here.getEnd());
        if (end.isInvalid() || end.getLine() != out.line || end.getColumn() <= out.column) continue;
        out.end_column = end.getColumn();
    }
    return out;
}

void MessageCollector::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) {
    DiagnosticConsumer::HandleDiagnostic(level, info);
    llvm::SmallString<128> text;
    info.FormatDiagnostic(text);
    Message message;
    message.text = text.str().str();
    message.place = place(info);
    switch (level) {
        case clang::DiagnosticsEngine::Ignored: return;
        case clang::DiagnosticsEngine::Note:
        case clang::DiagnosticsEngine::Remark:
            message.severity = Severity::note;
            if (!messages_.empty()) messages_.back().notes.push_back(std::move(message));
            return;
        case clang::DiagnosticsEngine::Warning: message.severity = Severity::warning; break;
        default: message.severity = Severity::error;
    }
    messages_.push_back(std::move(message));
}

}  // namespace avocet::c
