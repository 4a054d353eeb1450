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

#include "advice/advise.hpp"
#include "advice/codes.hpp"
#include "avocet/nearest.hpp"
#include "compile/bcc_programs.hpp"
#include "compile/external_pointers.hpp"
#include "compile/invocation.hpp"
#include "compile/messages.hpp"

namespace avocet::c {

namespace {

constexpr const char* registers[] = {"di", "si", "dx", "cx", "r8", "r9"};
constexpr const char* call_registers[] = {"di", "si", "dx", "r10", "r8", "r9"};
constexpr const char* returned_value = "avocet_returned";

class Rewrite final : public clang::RecursiveASTVisitor<Rewrite> {
public:
    Rewrite(clang::ASTContext& context, clang::Rewriter& text, const BccJob& job, std::vector<BccFunction>& functions)
        : context_(context), text_(text), job_(job), functions_(functions), pointers_(context) {
        policy_.SuppressTagKeyword = false;
    }

    void run() {
        pointers_.solve();
        for (clang::Decl* decl : context_.getTranslationUnitDecl()->decls())
            if (const auto* map = llvm::dyn_cast<clang::VarDecl>(decl)) check_map(*map);
        for (clang::Decl* decl : context_.getTranslationUnitDecl()->decls()) {
            auto* function = llvm::dyn_cast<clang::FunctionDecl>(decl);
            if (!function || !function->doesThisDeclarationHaveABody() || !in_text(function->getLocation())) continue;
            current_ = function;
            typed_ = has_typed_arguments(*function);
            alternatives_ =
                is_program(*function) ? alternatives_of(job_, *function, typed_) : std::vector<BccAlternative>();
            if (is_program(*function) && !typed_) check_parameters(*function);
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
        if (!map) return check_call(*call), true;
        check_method(*call, *map, method);
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
        if (returns_of_calls() && is_context_of(*current_, member->getBase()))
            text_.ReplaceText(member->getSourceRange(), returned_value);
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

    bool VisitBinaryOperator(clang::BinaryOperator* e) {
        if (e->isAssignmentOp()) check_write(*e->getLHS());
        return true;
    }
    bool VisitUnaryOperator(clang::UnaryOperator* e) {
        if (e->isIncrementDecrementOp()) check_write(*e->getSubExpr());
        return true;
    }

    bool VisitReturnStmt(clang::ReturnStmt* statement) {
        if (current_ && is_program(*current_) && !has_alternatives() && current_->getReturnType()->isVoidType() &&
            !statement->getRetValue())
            text_.InsertTextAfterToken(statement->getReturnLoc(), " 0");
        return true;
    }

    const std::string& tail() const { return tail_; }

private:
    void refuse(uint32_t number, clang::SourceLocation at, std::string text, std::string hint) const {
        Message message;
        message.code = number;
        message.text = std::move(text);
        message.hint = std::move(hint);
        message.place = place_of(at, context_.getSourceManager(), text_.getLangOpts());
        static_cast<MessageCollector*>(context_.getDiagnostics().getClient())->add(std::move(message));
    }

    // What the annotation of a map says: "BPF_MAP_TYPE_HASH", "table:type", "network:MACRO".
    static llvm::StringRef kind_of(const clang::VarDecl& map) {
        const auto* said = map.getAttr<clang::AnnotateAttr>();
        llvm::StringRef out = said ? said->getAnnotation() : llvm::StringRef();
        return out.consume_front("avocet.map:") ? out : llvm::StringRef();
    }

    void check_map(const clang::VarDecl& map) const {
        llvm::StringRef kind = kind_of(map);
        const std::string name = map.getName().str();
        if (kind.consume_front("network:"))
            refuse(code::not_tracing, map.getLocation(),
                   "map '" + name + "': " + kind.str() + " is for networking, not for tracing programs",
                   "BPF_HASH, BPF_ARRAY, BPF_HISTOGRAM, BPF_STACK_TRACE, BPF_PERF_OUTPUT and the like can be used");
        if (!kind.consume_front("table:")) return;
        static const std::vector<std::string> known = {"hash",     "array",        "histogram", "percpu_hash",
                                                       "lru_hash", "percpu_array", "lpm_trie",  "lru_percpu_hash"};
        std::string all;
        for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
        const std::string near = avocet::nearest_hint(kind.str(), known);
        refuse(code::map_method, map.getLocation(),
               "map '" + name + "': there is no table of type '" + kind.str() + "'",
               near.empty() ? "types are " + all + "; other maps have macros of their own" : near);
    }

    void check_method(const clang::CallExpr& call, const clang::VarDecl& map, const std::string& method) const {
        llvm::StringRef kind = kind_of(map);
        if (!kind.consume_front("BPF_MAP_TYPE_")) return;
        const std::vector<std::string> methods = methods_of(kind.str());
        if (std::find(methods.begin(), methods.end(), method) != methods.end()) return;
        std::string all;
        for (const std::string& one : methods) all += (all.empty() ? "" : ", ") + one;
        const auto* member = llvm::dyn_cast<clang::MemberExpr>(call.getCallee()->IgnoreParenImpCasts());
        refuse(code::map_method, member ? member->getMemberLoc() : call.getBeginLoc(),
               "map '" + map.getName().str() + "': a map of type " + kind.lower() + " has no method '" + method + "'",
               "it has " + all);
    }

    void check_parameters(const clang::FunctionDecl& function) const {
        constexpr unsigned most = 6;
        const std::string name = function.getName().str();
        for (unsigned i = 1; i < function.getNumParams(); ++i) {
            const clang::ParmVarDecl* parameter = function.getParamDecl(i);
            if (parameter->getName().empty())
                refuse(code::parameters, parameter->getBeginLoc(),
                       "function '" + name + "': parameter " + std::to_string(i) + " after the context has no name",
                       "every parameter gets the probe's argument of its position: name it");
            if (i == most + 1)
                refuse(code::parameters, parameter->getLocation(),
                       "function '" + name + "': has " + std::to_string(function.getNumParams() - 1) +
                           " parameters after the context, a probe's arguments in registers are six",
                       "further arguments lie on the stack: read them with bpf_probe_read_kernel() from "
                       "PT_REGS_SP(ctx)");
        }
    }

    void check_call(const clang::CallExpr& call) const {
        if (const clang::FunctionDecl* callee = call.getDirectCallee())
            if (const clang::FunctionDecl* body = nullptr; callee->getBody(body) && is_program(*body))
                refuse(code::parameters, call.getBeginLoc(),
                       "function '" + callee->getName().str() + "': is a program, which no other function can call",
                       "make it 'static'");
        const auto* ref = llvm::dyn_cast<clang::DeclRefExpr>(call.getCallee()->IgnoreParenImpCasts());
        const auto* called = ref ? llvm::dyn_cast<clang::VarDecl>(ref->getDecl()) : nullptr;
        if (called && (called->getName() == "AV_USDT_ARG" || called->getName() == "AV_USDT_TEXT") && call.getNumArgs())
            check_usdt_argument(call);
        if (called && called->getName() == "AV_PRINTK" && call.getNumArgs()) check_format(call);
    }

    void check_write(const clang::Expr& target) const {
        if (typed_ || !pointers_.is_external(&target) || !in_text(target.getBeginLoc())) return;
        refuse(0, target.getBeginLoc(), "memory of the kernel or of a process cannot be written",
               "assign to a variable of the program, a copy of what it points to");
    }

    // The format is part of the program: what it prints is made from it when it is shown.
    void check_format(const clang::CallExpr& call) const {
        if (llvm::isa<clang::StringLiteral>(call.getArg(0)->IgnoreParenImpCasts())) return;
        refuse(0, call.getArg(0)->getBeginLoc(),
               "bpf_trace_printk: its format must be a text in quotes, not a variable",
               "bpf_trace_printk(\"pid %d\\n\", pid)");
    }

    void check_usdt_argument(const clang::CallExpr& call) const {
        clang::Expr::EvalResult value;
        if (!call.getArg(0)->EvaluateAsInt(value, context_))
            return refuse(code::usdt_argument, call.getBeginLoc(),
                          "bpf_usdt_readarg: the number of the argument is not a constant",
                          "write it as a number, from 1");
        const int64_t number = value.Val.getInt().getExtValue() + 1;
        constexpr int64_t most = 12;
        if (number < 1 || number > most)
            return refuse(code::usdt_argument, call.getBeginLoc(),
                          "bpf_usdt_readarg: there is no argument " + std::to_string(number),
                          "arguments are counted from 1 to 12");
        const auto* attached = job_.sections_of(current_->getName().str());
        if (!attached || !job_.arguments) return;
        for (const BccAlternative& one : *attached) {
            if (one.section.rfind("usdt", 0) != 0) continue;
            const std::vector<std::string> has = job_.arguments(one.spec);
            if (has.empty() || static_cast<size_t>(number) <= has.size()) continue;
            std::string list;
            for (const std::string& argument : has) list += (list.empty() ? "" : ", ") + argument;
            refuse(code::usdt_argument, call.getBeginLoc(),
                   "bpf_usdt_readarg: probe '" + one.spec + "' has no argument " + std::to_string(number),
                   "it has " + list);
        }
    }

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

    void rewrite_program(const clang::FunctionDecl& function) {
        const std::string name = function.getName().str(), section = section_of(job_, name);
        if (!typed_ && !parameters_can_be_bound(function)) return;
        if (has_alternatives()) return rewrite_alternatives(function);
        functions_.push_back(described(function, name, section));
        if (!typed_ && function.getReturnType()->isVoidType()) {
            text_.ReplaceText(function.getReturnTypeSourceRange(), "int");
            text_.InsertTextBefore(function.getBody()->getEndLoc(), "return 0; ");
        }
        if (!section.empty()) text_.InsertTextBefore(start(function), "SEC(\"" + section + "\") ");
        if (!typed_) bind_parameters(function, section);
    }

    // Whether the function becomes the body of several programs.
    bool has_alternatives() const {
        return alternatives_.size() > 1 || (!alternatives_.empty() && !alternatives_.front().args.empty());
    }

    // The programs of this function run at the end of system calls, by one of two contexts.
    bool returns_of_calls() const {
        return alternatives_.size() == 2 && alternatives_.back().of_system_call &&
               alternatives_.front().section.rfind("kret", 0) == 0;
    }

    // Registers hold numbers and pointers; anything else is an error at the parameter.
    bool parameters_can_be_bound(const clang::FunctionDecl& function) {
        clang::DiagnosticsEngine& messages = context_.getDiagnostics();
        const unsigned id =
            messages.getCustomDiagID(clang::DiagnosticsEngine::Error,
                                     "parameter '%0': of type %1, which no register holds; take a number or a pointer");
        bool good = true;
        for (unsigned i = 1; i < function.getNumParams(); ++i) {
            const clang::ParmVarDecl* parameter = function.getParamDecl(i);
            const clang::QualType type = parameter->getType();
            if (type->isScalarType() && !type->isRealFloatingType()) continue;
            messages.Report(parameter->getLocation(), id) << parameter->getName() << type;
            good = false;
        }
        return good;
    }

    BccFunction described(const clang::FunctionDecl& function, std::string name, std::string section) const {
        const clang::PresumedLoc at = context_.getSourceManager().getPresumedLoc(function.getLocation());
        return {std::move(name), std::move(section), at.isValid() ? at.getLine() : 0,
                at.isValid() ? at.getColumn() : 0};
    }

    // The function becomes one that is inlined into a program for each way to attach.
    void rewrite_alternatives(const clang::FunctionDecl& function) {
        const std::string name = function.getName().str();
        const std::vector<BccAlternative>& alternatives = alternatives_;
        text_.InsertTextBefore(start(function), "static __attribute__((always_inline)) ");
        text_.InsertTextAfterToken(function.getLocation(), "__body");
        if (returns_of_calls())
            text_.InsertTextAfterToken(function.getParamDecl(0)->getEndLoc(),
                                       std::string(", unsigned long ") + returned_value);
        for (size_t i = 0; i < alternatives.size(); ++i) {
            const std::string program = alternative_name(name, i);
            functions_.push_back(described(function, program, alternatives[i].section));
            if (alternatives.back().of_system_call) {
                functions_.back().source_name = name;
                functions_.back().specs = alternatives[i].specs;
                functions_.back().rank = static_cast<uint32_t>(i);
            }
            tail_ += "\nSEC(\"" + alternatives[i].section + "\") int " + program + "(struct pt_regs *ctx) { ";
            if (!function.getReturnType()->isVoidType()) tail_ += "return ";
            tail_ += name + "__body(";
            for (unsigned k = 0; k < function.getNumParams(); ++k)
                tail_ += k ? ", " + argument(*function.getParamDecl(k), k - 1, alternatives[i])
                           : "(" + function.getParamDecl(0)->getType().getUnqualifiedType().getAsString(policy_) +
                                 ")ctx" + (returns_of_calls() ? i ? ", ((unsigned long *)ctx)[2]" : ", ctx->ax" : "");
            tail_ += function.getReturnType()->isVoidType() ? "); return 0; }" : "); }";
        }
    }

    // What parameter `position` is, in a program of this section.
    std::string argument(const clang::ParmVarDecl& parameter, unsigned position, const BccAlternative& how) const {
        const std::string cast =
            "(" + parameter.getType().getUnqualifiedType().getAsString(policy_) + ")(unsigned long)";
        if (!parameter.isUsed() && !parameter.isReferenced()) return cast + "0";
        if (how.of_system_call)  // struct syscall_trace_enter (kernel/trace/trace.h): its arguments begin at byte 16
            return returns_of_calls() ? cast + "0"
                                      : cast + "((unsigned long *)ctx)[" + std::to_string(2 + position) + "]";
        std::string wanted = position < how.args.size() ? how.args[position] : std::to_string(position);
        if (how.args.empty() && how.section.rfind("tracepoint/", 0) == 0) wanted = parameter.getName().str();
        if (wanted == "_" || (!how.args.empty() && position >= how.args.size())) return cast + "0";
        if (how.section.rfind("tracepoint/", 0) == 0) {
            std::string record = "tracepoint__" + how.section.substr(std::string("tracepoint/").size());
            if (const size_t slash = record.find('/'); slash != std::string::npos) record.replace(slash, 1, "__");
            return cast + "((struct " + record + " *)ctx)->" + wanted;
        }
        unsigned number = 0;
        if (llvm::StringRef(wanted).getAsInteger(10, number)) number = position;
        if (how.section.rfind("usdt", 0) == 0) return cast + "AV_USDT_VALUE(ctx, " + std::to_string(number) + ")";
        if (how.section.rfind("kprobe", 0) != 0 && how.section.rfind("uprobe", 0) != 0)
            return cast + "((unsigned long long *)ctx)[" + std::to_string(number) + "]";
        if (how.section.find("__x64_sys_") != std::string::npos && how.section.rfind("kret", 0) != 0)
            return cast + "AV_READ(unsigned long, &((struct pt_regs*)ctx->di)->" +
                   call_registers[std::min(number, 5u)] + ")";
        return cast + "ctx->" + registers[std::min(number, 5u)];
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
    std::vector<BccAlternative> alternatives_;  // of the current function
    std::string tail_;                          // programs behind the text
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
        Rewrite rewrite(context, text, job_, functions_);
        rewrite.run();
        const auto* buffer = text.getRewriteBufferFor(sources.getMainFileID());
        out_ =
            buffer ? std::string(buffer->begin(), buffer->end()) : sources.getBufferData(sources.getMainFileID()).str();
        if (!rewrite.tail().empty()) out_ += "\n#line 1 \"avocet\"" + rewrite.tail() + "\n";
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
