// SPDX-License-Identifier: Apache-2.0
//
// Dialect B to plain BPF C, by small edits of the text that never add a line:
//
//   start.lookup(&k)            AV_lookup(start, &k)              (bcc/headers/compile.h has these macros)
//   req->q->disk                AV_READ(T, &AV_READ(U, &req->q)->disk)
//   int f(struct pt_regs *ctx,  SEC("kprobe/...") int f(struct pt_regs *ctx) {
//         struct sock *sk) {        struct sock *sk = (struct sock *)PT_REGS...
//
// A read happens where an lvalue in external memory becomes a value; so addresses (&p->f) and arrays stay addresses.
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/Attr.h>
#include <clang/AST/RecordLayout.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendActions.h>
#include <clang/Lex/Lexer.h>
#include <clang/Rewrite/Core/Rewriter.h>

#include "compile/external_pointers.hpp"
#include "compile/invocation.hpp"

namespace avocet::c {

namespace {

constexpr const char* registers[] = {"di", "si", "dx", "cx", "r8", "r9"};
constexpr const char* call_registers[] = {"di", "si", "dx", "r10", "r8", "r9"};

class Rewrite final : public clang::RecursiveASTVisitor<Rewrite> {
public:
    Rewrite(clang::ASTContext& context, clang::Rewriter& text, const BccJob& job, std::vector<BccFunction>& functions)
        : context_(context), text_(text), job_(job), functions_(functions), pointers_(context) {
        policy_.SuppressTagKeyword = false;
    }

    void run() {
        pointers_.solve();
        for (clang::Decl* decl : context_.getTranslationUnitDecl()->decls()) {
            auto* function = llvm::dyn_cast<clang::FunctionDecl>(decl);
            if (!function || !function->doesThisDeclarationHaveABody() || !in_text(function->getLocation())) continue;
            current_ = function;
            typed_ = has_typed_arguments(*function);
            TraverseStmt(function->getBody());
            if (is_program(*function))
                rewrite_program(*function);
            else if (function->getStorageClass() == clang::SC_Static)
                text_.InsertTextBefore(start(*function), "__attribute__((always_inline)) ");
        }
    }

    bool VisitCallExpr(clang::CallExpr* call) {
        std::string method;
        const clang::VarDecl* map = map_of_call(*call, &method);
        if (!map) return true;
        // `NAME.method` up to and with the parenthesis.
        const clang::SourceLocation open = clang::Lexer::findLocationAfterToken(
            call->getCallee()->getEndLoc(), clang::tok::l_paren, text_.getSourceMgr(), text_.getLangOpts(), false);
        if (open.isInvalid()) return true;
        const auto range = clang::CharSourceRange::getCharRange(call->getCallee()->getBeginLoc(), open);
        text_.ReplaceText(range.getBegin(), text_.getRangeSize(range),
                          "AV_" + method + "(" + map->getName().str() + ", ");
        return true;
    }

    bool VisitMemberExpr(clang::MemberExpr* member) {  // NAME.key, NAME.leaf in sizeof and typeof
        const auto* ref = llvm::dyn_cast<clang::DeclRefExpr>(member->getBase()->IgnoreParenCasts());
        const auto* map = ref ? llvm::dyn_cast<clang::VarDecl>(ref->getDecl()) : nullptr;
        if (!map || !map->hasAttr<clang::AnnotateAttr>()) return true;
        const std::string what = member->getMemberDecl()->getName().str();
        if (what == "key" || what == "leaf")
            text_.ReplaceText(member->getSourceRange(), "((struct " + map->getName().str() + "_table_t*)0)->" + what);
        return true;
    }

    bool VisitImplicitCastExpr(clang::ImplicitCastExpr* cast) {
        if (typed_ || cast->getCastKind() != clang::CK_LValueToRValue) return true;
        const clang::Expr* read = cast->getSubExpr();
        if (!pointers_.is_external(read) || !in_text(read->getBeginLoc())) return true;
        const auto* member = llvm::dyn_cast<clang::MemberExpr>(read->IgnoreParens());
        const auto* field = member ? llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl()) : nullptr;
        if (field && field->isBitField()) {
            read_bits(*member);
        } else {
            text_.InsertTextAfter(read->getBeginLoc(), "AV_READ(" + type_text(*read) + ", &");
            text_.InsertTextAfterToken(read->getEndLoc(), ")");
        }
        return true;
    }

    bool VisitReturnStmt(clang::ReturnStmt* statement) {
        if (current_ && is_program(*current_) && current_->getReturnType()->isVoidType() && !statement->getRetValue())
            text_.InsertTextAfterToken(statement->getReturnLoc(), " 0");
        return true;
    }

private:
    bool in_text(clang::SourceLocation at) const {
        return context_.getSourceManager().isInMainFile(context_.getSourceManager().getExpansionLoc(at));
    }
    clang::SourceLocation start(const clang::FunctionDecl& function) const {
        return context_.getSourceManager().getExpansionLoc(function.getBeginLoc());
    }

    std::string type_text(const clang::Expr& e) const {
        const std::string name = e.getType().getUnqualifiedType().getAsString(policy_);
        if (name.find("(unnamed") == std::string::npos && name.find("(anonymous") == std::string::npos) return name;
        const auto range = clang::CharSourceRange::getTokenRange(e.getSourceRange());
        return "typeof(" + clang::Lexer::getSourceText(range, text_.getSourceMgr(), text_.getLangOpts()).str() + ")";
    }

    // B->f.g of a bit-field g: the bytes that hold it, by the kernel's own layout.
    void read_bits(const clang::MemberExpr& member) {
        uint64_t bits = 0;
        const clang::MemberExpr* part = &member;
        for (;;) {
            const auto* field = llvm::cast<clang::FieldDecl>(part->getMemberDecl());
            bits += context_.getFieldOffset(field);
            if (part->isArrow()) break;
            part = llvm::dyn_cast<clang::MemberExpr>(part->getBase()->IgnoreParens());
            if (!part) return;
        }
        const unsigned width = llvm::cast<clang::FieldDecl>(member.getMemberDecl())->getBitWidthValue(context_);
        const uint64_t offset = bits / 8, shift = bits % 8, bytes = (shift + width + 7) / 8;
        const clang::Expr* base = part->getBase();
        text_.InsertTextAfter(base->getBeginLoc(), "AV_READ_BITS(" + type_text(member) + ", ");
        const clang::SourceLocation after =
            clang::Lexer::getLocForEndOfToken(base->getEndLoc(), 0, text_.getSourceMgr(), text_.getLangOpts());
        const clang::SourceLocation end =
            clang::Lexer::getLocForEndOfToken(member.getEndLoc(), 0, text_.getSourceMgr(), text_.getLangOpts());
        const auto rest = clang::CharSourceRange::getCharRange(after, end);
        text_.ReplaceText(rest.getBegin(), text_.getRangeSize(rest),
                          ", " + std::to_string(offset) + ", " + std::to_string(bytes) + ", " + std::to_string(shift) +
                              ", " + std::to_string(width) + ")");
    }

    std::string section_of(const std::string& name) const {
        if (const auto it = job_.sections.find(name); it != job_.sections.end()) return it->second;
        const auto rest = [&](const char* prefix) { return name.substr(std::string(prefix).size()); };
        const auto starts = [&](const char* prefix) { return name.rfind(prefix, 0) == 0; };
        const auto split = [](std::string text) {
            const size_t at = text.find("__");
            return at == std::string::npos ? text : text.substr(0, at) + "/" + text.substr(at + 2);
        };
        if (starts("kprobe__")) return "kprobe/" + rest("kprobe__");
        if (starts("kretprobe__")) return "kretprobe/" + rest("kretprobe__");
        if (starts("tracepoint__")) return "tracepoint/" + split(rest("tracepoint__"));
        if (starts("raw_tracepoint__")) return "raw_tp/" + rest("raw_tracepoint__");
        const auto function = [&](const std::string& target) {
            const size_t at = target.find("__");
            const std::string module = target.substr(0, at),
                              symbol = at == std::string::npos ? "" : target.substr(at + 2);
            return module == "vmlinux" ? symbol : module + ":" + symbol;
        };
        if (starts("kfunc__")) return "fentry/" + function(rest("kfunc__"));
        if (starts("kretfunc__")) return "fexit/" + function(rest("kretfunc__"));
        if (starts("bpf_iter__")) return "iter/" + rest("bpf_iter__");
        return "";
    }

    void rewrite_program(const clang::FunctionDecl& function) {
        const std::string name = function.getName().str(), section = section_of(name);
        functions_.push_back({name, section});
        if (!typed_ && function.getReturnType()->isVoidType()) {
            text_.ReplaceText(function.getReturnTypeSourceRange(), "int");
            text_.InsertTextBefore(function.getBody()->getEndLoc(), "return 0; ");
        }
        if (!section.empty()) text_.InsertTextBefore(start(function), "SEC(\"" + section + "\") ");
        if (!typed_) bind_parameters(function, section);
    }

    // Parameters after the context become locals with the values that the probe's arguments have.
    void bind_parameters(const clang::FunctionDecl& function, const std::string& section) {
        if (function.getNumParams() < 2) return;
        const bool syscall =
            function.getName().starts_with("syscall__") || section.find("__x64_sys_") != std::string::npos;
        const bool usdt = section.rfind("usdt", 0) == 0;
        const std::string context = function.getParamDecl(0)->getName().str();
        std::string locals;
        for (unsigned i = 1; i < function.getNumParams() && i <= 6; ++i) {
            const clang::ParmVarDecl* parameter = function.getParamDecl(i);
            if (!parameter->isUsed() && !parameter->isReferenced()) continue;
            std::string declared = parameter->getName().str();
            parameter->getType().getAsStringInternal(declared, policy_);
            const std::string type = parameter->getType().getUnqualifiedType().getAsString(policy_);
            if (usdt)
                locals += declared + " = (" + type + ")AV_USDT_VALUE(" + context + ", " + std::to_string(i - 1) + "); ";
            else if (syscall)
                locals += declared + " = (" + type + ")AV_READ(unsigned long, &((struct pt_regs*)" + context +
                          "->di)->" + call_registers[i - 1] + "); ";
            else
                locals += declared + " = (" + type + ")" + context + "->" + registers[i - 1] + "; ";
        }
        const clang::SourceLocation first_end = clang::Lexer::getLocForEndOfToken(
            function.getParamDecl(0)->getEndLoc(), 0, text_.getSourceMgr(), text_.getLangOpts());
        const clang::SourceLocation last_end =
            clang::Lexer::getLocForEndOfToken(function.getParamDecl(function.getNumParams() - 1)->getEndLoc(), 0,
                                              text_.getSourceMgr(), text_.getLangOpts());
        remove_keeping_lines(first_end, last_end);
        text_.InsertTextAfterToken(function.getBody()->getBeginLoc(), " " + locals);
    }

    void remove_keeping_lines(clang::SourceLocation from, clang::SourceLocation to) {
        const auto range = clang::CharSourceRange::getCharRange(from, to);
        const llvm::StringRef old = clang::Lexer::getSourceText(range, text_.getSourceMgr(), text_.getLangOpts());
        text_.ReplaceText(from, static_cast<unsigned>(old.size()),
                          std::string(static_cast<size_t>(old.count('\n')), '\n'));
    }

    clang::ASTContext& context_;
    clang::Rewriter& text_;
    const BccJob& job_;
    std::vector<BccFunction>& functions_;
    ExternalPointers pointers_;
    clang::PrintingPolicy policy_{clang::LangOptions()};
    const clang::FunctionDecl* current_ = nullptr;
    bool typed_ = false;
};

class RewriteConsumer final : public clang::ASTConsumer {
public:
    RewriteConsumer(clang::CompilerInstance& compiler, const BccJob& job, std::vector<BccFunction>& functions,
                    std::string& out)
        : compiler_(compiler), job_(job), functions_(functions), out_(out) {}
    void HandleTranslationUnit(clang::ASTContext& context) override {
        if (compiler_.getDiagnostics().hasErrorOccurred()) return;
        clang::SourceManager& sources = compiler_.getSourceManager();
        clang::Rewriter text(sources, compiler_.getLangOpts());
        Rewrite(context, text, job_, functions_).run();
        const auto* buffer = text.getRewriteBufferFor(sources.getMainFileID());
        out_ =
            buffer ? std::string(buffer->begin(), buffer->end()) : sources.getBufferData(sources.getMainFileID()).str();
    }

private:
    clang::CompilerInstance& compiler_;
    const BccJob& job_;
    std::vector<BccFunction>& functions_;
    std::string& out_;
};

class RewriteAction final : public clang::ASTFrontendAction {
public:
    RewriteAction(const BccJob& job, std::vector<BccFunction>& functions, std::string& out)
        : job_(job), functions_(functions), out_(out) {}

protected:
    std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler, llvm::StringRef) override {
        return std::make_unique<RewriteConsumer>(compiler, job_, functions_, out_);
    }

private:
    const BccJob& job_;
    std::vector<BccFunction>& functions_;
    std::string& out_;
};

}  // namespace

CompileResult rewrite_bcc(const CompileJob& job, const BccJob& bcc, std::vector<BccFunction>& functions) {
    CompileResult result;
    RewriteAction action(bcc, functions, result.text);
    result.ok = run_clang(job, action, result);
    return result;
}

}  // namespace avocet::c
