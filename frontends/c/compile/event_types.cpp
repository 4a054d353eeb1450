// SPDX-License-Identifier: Apache-2.0
//
// Submit sites: bpf_perf_event_output(ctx, &MAP, flags, DATA, size), bpf_ringbuf_output(&MAP, DATA, size, flags), and
// T* p = bpf_ringbuf_reserve(&MAP, size, 0). Maps are tentative definitions, which the generator sees at the end of the
// file: a tag given while functions are read is in time.
#include "compile/event_types.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>
#include <clang/AST/Expr.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Frontend/MultiplexConsumer.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace avocet::c {

namespace {

constexpr llvm::StringRef tag_prefix = "avocet:table=";

const clang::Expr* bare(const clang::Expr* e) { return e ? e->IgnoreParenCasts() : nullptr; }

llvm::StringRef callee_name(const clang::CallExpr& call) {
    const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(bare(call.getCallee()));
    const auto* decl = ref ? llvm::dyn_cast<clang::NamedDecl>(ref->getDecl()) : nullptr;
    return decl && decl->getIdentifier() ? decl->getName() : llvm::StringRef();
}

// `&MAP`.
clang::VarDecl* map_of(const clang::Expr* e) {
    const auto* address = llvm::dyn_cast_or_null<clang::UnaryOperator>(bare(e));
    if (!address || address->getOpcode() != clang::UO_AddrOf) return nullptr;
    const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(bare(address->getSubExpr()));
    auto* decl = ref ? llvm::dyn_cast<clang::VarDecl>(const_cast<clang::ValueDecl*>(ref->getDecl())) : nullptr;
    return decl && decl->hasGlobalStorage() ? decl : nullptr;
}

// The named struct that a pointer points to, through arrays.
const clang::RecordDecl* pointee(clang::QualType type) {
    if (type.isNull() || !(type->isPointerType() || type->isArrayType())) return nullptr;
    const clang::Type* target = type->getPointeeOrArrayElementType();
    const auto* record = target ? target->getAs<clang::RecordType>() : nullptr;
    const clang::RecordDecl* decl = record ? record->getDecl()->getDefinition() : nullptr;
    return decl && decl->getIdentifier() ? decl : nullptr;
}

class Learner final : public clang::ASTConsumer, public clang::RecursiveASTVisitor<Learner> {
public:
    explicit Learner(clang::ASTConsumer& generator) : generator_(generator) {}

    void Initialize(clang::ASTContext& context) override { context_ = &context; }
    bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
        for (clang::Decl* decl : group) TraverseDecl(decl);
        return true;
    }
    void HandleTranslationUnit(clang::ASTContext&) override {
        for (const clang::RecordDecl* record : order_) keep(*record);
    }

    bool VisitCallExpr(clang::CallExpr* call) {
        const llvm::StringRef name = callee_name(*call);
        if (name == "bpf_perf_event_output" && call->getNumArgs() > 3)
            learn(map_of(call->getArg(1)), pointee(bare(call->getArg(3))->getType()));
        if (name == "bpf_ringbuf_output" && call->getNumArgs() > 1)
            learn(map_of(call->getArg(0)), pointee(bare(call->getArg(1))->getType()));
        return true;
    }
    bool VisitVarDecl(clang::VarDecl* variable) {
        if (variable->hasInit()) reserved(variable->getType(), variable->getInit());
        return true;
    }
    bool VisitBinaryOperator(clang::BinaryOperator* assignment) {
        if (assignment->getOpcode() == clang::BO_Assign)
            reserved(assignment->getLHS()->getType(), assignment->getRHS());
        return true;
    }

private:
    void reserved(clang::QualType type, const clang::Expr* value) {
        const auto* call = llvm::dyn_cast_or_null<clang::CallExpr>(bare(value));
        if (call && callee_name(*call) == "bpf_ringbuf_reserve" && call->getNumArgs() > 0)
            learn(map_of(call->getArg(0)), pointee(type));
    }

    void learn(clang::VarDecl* map, const clang::RecordDecl* record) {
        if (!map || !record) return;
        if (kept_.insert(record).second) order_.push_back(record);
        if (!first_.emplace(map->getCanonicalDecl(), record).second) return;
        for (const auto* tag : map->specific_attrs<clang::BTFDeclTagAttr>())
            if (tag->getBTFDeclTag().starts_with(tag_prefix)) return;  // the author has said it
        map->addAttr(clang::BTFDeclTagAttr::CreateImplicit(*context_, (tag_prefix + record->getName()).str()));
    }

    void keep(const clang::RecordDecl& record) {
        const clang::QualType type = context_->getPointerType(context_->getRecordType(&record).withConst());
        auto* variable = clang::VarDecl::Create(*context_, context_->getTranslationUnitDecl(), record.getLocation(),
                                                record.getLocation(),
                                                &context_->Idents.get(("__avocet_event_" + record.getName()).str()),
                                                type, context_->getTrivialTypeSourceInfo(type), clang::SC_None);
        variable->addAttr(clang::UsedAttr::CreateImplicit(*context_));
        variable->addAttr(clang::SectionAttr::CreateImplicit(*context_, ".avocet.types"));
        variable->setInit(new (*context_) clang::ImplicitValueInitExpr(type));
        generator_.HandleTopLevelDecl(clang::DeclGroupRef(variable));
    }

    clang::ASTConsumer& generator_;
    clang::ASTContext* context_ = nullptr;
    std::map<const clang::VarDecl*, const clang::RecordDecl*> first_;
    std::set<const clang::RecordDecl*> kept_;
    std::vector<const clang::RecordDecl*> order_;  // of first use, so that objects are reproducible
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> learn_event_types(std::unique_ptr<clang::ASTConsumer> generator) {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(std::make_unique<Learner>(*generator));
    consumers.push_back(std::move(generator));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
}

}  // namespace avocet::c
