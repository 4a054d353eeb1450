// SPDX-License-Identifier: Apache-2.0
#include "compile/external_pointers.hpp"

#include <clang/AST/Attr.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/AST/Stmt.h>
#include <clang/Basic/SourceManager.h>

#include <algorithm>

namespace avocet::c {

namespace {

constexpr int most_levels = 4;
constexpr const char* context_types[] = {"pt_regs", "bpf_raw_tracepoint_args", "bpf_perf_event_data"};

const clang::Expr* bare(const clang::Expr* e) { return e ? e->IgnoreParenCasts() : nullptr; }

bool is_context_type(clang::QualType type) {
    if (!type->isPointerType()) return false;
    const auto* record = type->getPointeeType()->getAs<clang::RecordType>();
    if (!record) return false;
    const llvm::StringRef name = record->getDecl()->getName();
    return name.starts_with("tracepoint__") ||
           std::find(std::begin(context_types), std::end(context_types), name) != std::end(context_types);
}

}  // namespace

bool is_program(const clang::FunctionDecl& function) {
    if (!function.doesThisDeclarationHaveABody() || function.getStorageClass() == clang::SC_Static) return false;
    if (function.isInlineSpecified()) return false;
    const clang::SourceManager& sources = function.getASTContext().getSourceManager();
    return sources.isInMainFile(sources.getExpansionLoc(function.getLocation()));
}

bool has_typed_arguments(const clang::FunctionDecl& function) {
    const llvm::StringRef name = function.getName();
    for (const char* prefix : {"kfunc__", "kretfunc__", "kmod_ret__", "lsm__", "bpf_iter__"})
        if (name.starts_with(prefix)) return true;
    return false;
}

const clang::VarDecl* map_of_call(const clang::CallExpr& call, std::string* method) {
    const auto* member = llvm::dyn_cast_or_null<clang::MemberExpr>(bare(call.getCallee()));
    if (!member || member->isArrow()) return nullptr;
    const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(bare(member->getBase()));
    const auto* map = ref ? llvm::dyn_cast<clang::VarDecl>(ref->getDecl()) : nullptr;
    if (!map || !map->hasAttr<clang::AnnotateAttr>()) return nullptr;
    if (method) *method = member->getMemberDecl()->getName().str();
    return map;
}

int ExternalPointers::mark_of(const void* what) const {
    const auto it = marks_.find(what);
    return it == marks_.end() ? not_external : it->second;
}

bool ExternalPointers::mark(const void* what, int level, bool lowest) {
    if (level == not_external || level > most_levels) return false;
    auto [it, fresh] = marks_.emplace(what, level);
    if (fresh) return true;
    if (lowest ? it->second <= level : it->second >= level) return false;
    it->second = level;
    return true;
}

// `ctx->member...` of a context: a register or an argument of a raw tracepoint.
bool ExternalPointers::is_context_member(const clang::Expr* e) const {
    e = bare(e);
    bool arrow = false;
    while (e) {
        if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(e)) {
            arrow |= member->isArrow();
            e = bare(member->getBase());
        } else if (const auto* index = llvm::dyn_cast<clang::ArraySubscriptExpr>(e)) {
            e = bare(index->getBase());
        } else {
            break;
        }
    }
    const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(e);
    return arrow && ref && llvm::isa<clang::ParmVarDecl>(ref->getDecl()) && is_context_type(ref->getDecl()->getType());
}

int ExternalPointers::level_of_call(const clang::CallExpr& call) const {
    std::string method;
    if (const clang::VarDecl* map = map_of_call(call, &method))
        return method.rfind("lookup", 0) == 0 ? mark_of(map) : not_external;
    const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(bare(call.getCallee()));
    if (!ref) return not_external;
    if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(ref->getDecl()))
        return mark_of(function->getCanonicalDecl());
    const auto* named = llvm::dyn_cast<clang::NamedDecl>(ref->getDecl());
    return named && named->getName() == "bpf_get_current_task" ? 0 : not_external;
}

bool ExternalPointers::is_external(const clang::Expr* e) const {
    e = e ? e->IgnoreParens() : nullptr;
    if (!e) return false;
    if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(e))
        return member->isArrow() ? level(member->getBase()) == 0 : is_external(member->getBase());
    if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(e))
        return unary->getOpcode() == clang::UO_Deref && level(unary->getSubExpr()) == 0;
    if (const auto* index = llvm::dyn_cast<clang::ArraySubscriptExpr>(e)) {
        const auto* decayed = llvm::dyn_cast<clang::ImplicitCastExpr>(index->getBase());
        if (decayed && decayed->getCastKind() == clang::CK_ArrayToPointerDecay)
            return is_external(decayed->getSubExpr());
        return level(index->getBase()) == 0;
    }
    return false;
}

int ExternalPointers::level(const clang::Expr* e) const {
    e = e ? e->IgnoreParens() : nullptr;
    if (!e) return not_external;
    if (const auto* ref = llvm::dyn_cast<clang::DeclRefExpr>(e)) return mark_of(ref->getDecl()->getCanonicalDecl());
    if (const auto* cast = llvm::dyn_cast<clang::CastExpr>(e)) {
        const clang::Expr* inner = cast->getSubExpr();
        if (cast->getCastKind() == clang::CK_ArrayToPointerDecay) return is_external(inner) ? 0 : level(inner);
        if (e->getType()->isPointerType() && is_context_member(inner)) return 0;
        return level(inner);
    }
    if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(e)) {
        if (is_external(e)) return e->getType()->isPointerType() ? 0 : not_external;
        if (e->getType()->isPointerType() && is_context_member(e)) return 0;
        if (const int marked = mark_of(member->getMemberDecl()->getCanonicalDecl()); marked != not_external)
            return marked;
        const int base = member->isArrow() ? level(member->getBase()) : not_external;
        return base > 0 ? base - 1 : not_external;
    }
    if (const auto* choice = llvm::dyn_cast<clang::ConditionalOperator>(e))
        return std::max(level(choice->getTrueExpr()), level(choice->getFalseExpr()));
    if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(e)) {
        const clang::Expr* inner = unary->getSubExpr();
        if (unary->getOpcode() == clang::UO_AddrOf) {
            if (is_external(inner)) return 0;
            const int below = level(inner);
            return below == not_external ? not_external : below + 1;
        }
        if (unary->getOpcode() == clang::UO_Deref) {
            const int above = level(inner);
            if (above == 0) return e->getType()->isPointerType() ? 0 : not_external;
            return above > 0 ? above - 1 : not_external;
        }
        return unary->isIncrementDecrementOp() ? level(inner) : not_external;
    }
    if (const auto* index = llvm::dyn_cast<clang::ArraySubscriptExpr>(e)) {
        if (is_external(e)) return e->getType()->isPointerType() ? 0 : not_external;
        const int base = level(index->getBase());
        return base > 0 ? base - 1 : not_external;
    }
    if (const auto* binary = llvm::dyn_cast<clang::BinaryOperator>(e)) {
        if (binary->getOpcode() == clang::BO_Comma || binary->isAssignmentOp()) return level(binary->getRHS());
        if (binary->isAdditiveOp()) return std::max(level(binary->getLHS()), level(binary->getRHS()));
        return not_external;
    }
    if (const auto* call = llvm::dyn_cast<clang::CallExpr>(e)) return level_of_call(*call);
    if (const auto* block = llvm::dyn_cast<clang::StmtExpr>(e))
        return level(llvm::dyn_cast_or_null<clang::Expr>(block->getSubStmt()->body_back()));
    return not_external;
}

// One walk over the file; `changed` when a mark was added.
class Flow final : public clang::RecursiveASTVisitor<Flow> {
public:
    explicit Flow(ExternalPointers& to) : to_(to) {}
    bool changed = false;

    bool TraverseFunctionDecl(clang::FunctionDecl* function) {
        if (!function->doesThisDeclarationHaveABody()) return true;
        current_ = function;
        if (is_program(*function) && !has_typed_arguments(*function)) mark_parameters(*function);
        return RecursiveASTVisitor::TraverseFunctionDecl(function);
    }
    bool VisitVarDecl(clang::VarDecl* variable) {
        if (variable->hasInit()) mark(variable->getCanonicalDecl(), to_.level(variable->getInit()));
        return true;
    }
    bool VisitBinaryOperator(clang::BinaryOperator* e) {
        if (e->getOpcode() == clang::BO_Assign) assign(e->getLHS(), to_.level(e->getRHS()));
        return true;
    }
    bool VisitReturnStmt(clang::ReturnStmt* s) {
        if (current_ && s->getRetValue()) mark(current_->getCanonicalDecl(), to_.level(s->getRetValue()));
        return true;
    }
    bool VisitCallExpr(clang::CallExpr* call) {
        std::string method;
        if (const clang::VarDecl* map = map_of_call(*call, &method)) {
            if ((method == "update" || method == "insert") && call->getNumArgs() > 1)
                mark(map, to_.level(call->getArg(1)));
            return true;
        }
        const clang::FunctionDecl* callee = call->getDirectCallee();
        const clang::FunctionDecl* body = nullptr;
        if (!callee || !callee->getBody(body)) return true;
        for (unsigned i = 0; i < std::min(call->getNumArgs(), body->getNumParams()); ++i)
            mark_lowest(body->getParamDecl(i)->getCanonicalDecl(), to_.level(call->getArg(i)));
        return true;
    }

private:
    void mark(const void* what, int level) { changed |= to_.mark(what, level); }
    // Of callers that differ, the one that points outside at once: a read of our own memory reads it too.
    void mark_lowest(const void* what, int level) { changed |= to_.mark(what, level, true); }
    void mark_parameters(const clang::FunctionDecl& function) {
        for (unsigned i = 1; i < function.getNumParams(); ++i) {
            const clang::ParmVarDecl* parameter = function.getParamDecl(i);
            if (!parameter->getType().getCanonicalType()->isArithmeticType()) mark(parameter->getCanonicalDecl(), 0);
        }
    }
    void assign(const clang::Expr* to, int level) {
        if (level == not_external) return;
        to = to->IgnoreParens();
        if (const auto* ref = llvm::dyn_cast<clang::DeclRefExpr>(to)) mark(ref->getDecl()->getCanonicalDecl(), level);
        if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(to))
            mark(member->getMemberDecl()->getCanonicalDecl(), level);
        if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(to))
            if (unary->getOpcode() == clang::UO_Deref) assign(bare(unary->getSubExpr()), level + 1);
        if (const auto* index = llvm::dyn_cast<clang::ArraySubscriptExpr>(to))
            assign(bare(index->getBase()), level + 1);
    }

    ExternalPointers& to_;
    const clang::FunctionDecl* current_ = nullptr;
};

void ExternalPointers::solve() {
    for (int round = 0; round < 20; ++round) {
        Flow flow(*this);
        for (clang::Decl* decl : context_.getTranslationUnitDecl()->decls()) {
            auto* function = llvm::dyn_cast<clang::FunctionDecl>(decl);
            if (function && function->doesThisDeclarationHaveABody()) flow.TraverseDecl(function);
        }
        if (!flow.changed) return;
    }
}

}  // namespace avocet::c
