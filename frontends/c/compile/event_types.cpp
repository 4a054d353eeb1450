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

#include "advice/codes.hpp"
#include "compile/messages.hpp"

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
    Learner(clang::ASTConsumer& generator, clang::CompilerInstance& compiler, const CompileJob& job)
        : generator_(generator), compiler_(compiler), job_(job) {}

    void Initialize(clang::ASTContext& context) override { context_ = &context; }
    bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
        for (clang::Decl* decl : group) TraverseDecl(decl);
        return true;
    }
    void HandleTranslationUnit(clang::ASTContext&) override {
        for (const clang::RecordDecl* record : order_) keep(*record, context_->getRecordType(record));
        for (const clang::EnumDecl* names : enums_) keep(*names, context_->getEnumType(names));
        for (const auto& [map, size] : job_.map_sizes)
            if (!resized_.count(map))
                say(code::sidecar, {}, "map '" + map + "': no map of this name says its max_entries",
                    "look at [[map]] in the sidecar and at --option map." + map + ".max_entries", Severity::error);
        for (const auto& [map, place] : untyped_)
            if (!first_.count(map))
                say(code::event_type, place, "buffer '" + map->getName().str() + "': what it carries has no type here",
                    "submit a pointer to a struct, or name it in the sidecar: [[event]] map = \"" +
                        map->getName().str() + "\", type = \"STRUCT\"");
    }

    bool VisitCallExpr(clang::CallExpr* call) {
        const llvm::StringRef name = callee_name(*call);
        if (name == "bpf_perf_event_output" && call->getNumArgs() > 3)
            submitted(map_of(call->getArg(1)), call->getArg(3), *call);
        if (name == "bpf_ringbuf_output" && call->getNumArgs() > 1)
            submitted(map_of(call->getArg(0)), call->getArg(1), *call);
        if (const auto wrapper = submits_.find(canonical(call->getDirectCallee())); wrapper != submits_.end())
            if (wrapper->second.parameter < call->getNumArgs())
                submitted(wrapper->second.map, call->getArg(wrapper->second.parameter), *call);
        return true;
    }
    bool TraverseFunctionDecl(clang::FunctionDecl* function) {
        current_ = function;
        return RecursiveASTVisitor::TraverseFunctionDecl(function);
    }
    // A function that hands out room in a buffer.
    bool VisitReturnStmt(clang::ReturnStmt* statement) {
        const auto* call = llvm::dyn_cast_or_null<clang::CallExpr>(through_block(statement->getRetValue()));
        if (clang::VarDecl* map = call ? reserved_in(*call) : nullptr) reserves_[canonical(current_)] = map;
        return true;
    }
    // Names of numbers, which columns and tags may ask for though no variable has the type.
    bool VisitEnumDecl(clang::EnumDecl* names) {
        const clang::SourceManager& sources = compiler_.getSourceManager();
        if (names->isThisDeclarationADefinition() && names->getIdentifier() &&
            sources.isInMainFile(sources.getExpansionLoc(names->getLocation())))
            enums_.push_back(names);
        return true;
    }
    bool VisitVarDecl(clang::VarDecl* variable) {
        if (variable->hasGlobalStorage() && variable->getIdentifier()) resize(*variable);
        if (variable->hasInit()) reserved(variable->getType(), variable->getInit());
        return true;
    }
    bool VisitBinaryOperator(clang::BinaryOperator* assignment) {
        if (assignment->getOpcode() == clang::BO_Assign)
            reserved(assignment->getLHS()->getType(), assignment->getRHS());
        return true;
    }

private:
    // `({ void* v = CALL; ...; v; })` is CALL, as dialect B's methods write it.
    static const clang::Expr* through_block(const clang::Expr* e) {
        const auto* block = llvm::dyn_cast_or_null<clang::StmtExpr>(bare(e));
        if (!block || block->getSubStmt()->body_empty()) return bare(e);
        const auto* last = llvm::dyn_cast<clang::Expr>(block->getSubStmt()->body_back());
        const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(bare(last));
        const auto* variable = ref ? llvm::dyn_cast<clang::VarDecl>(ref->getDecl()) : nullptr;
        return variable && variable->hasInit() ? bare(variable->getInit()) : nullptr;
    }

    static const clang::FunctionDecl* canonical(const clang::FunctionDecl* function) {
        return function ? function->getCanonicalDecl() : nullptr;
    }

    // The buffer that a call takes room of, itself or by a function that does.
    clang::VarDecl* reserved_in(const clang::CallExpr& call) const {
        if (callee_name(call) == "bpf_ringbuf_reserve" && call.getNumArgs() > 0) return map_of(call.getArg(0));
        const auto found = reserves_.find(canonical(call.getDirectCallee()));
        return found == reserves_.end() ? nullptr : found->second;
    }

    void reserved(clang::QualType type, const clang::Expr* value) {
        const auto* call = llvm::dyn_cast_or_null<clang::CallExpr>(through_block(value));
        if (!call || !pointee(type)) return;
        if (clang::VarDecl* map = reserved_in(*call)) learn(map, pointee(type), *call);
    }

    // What a function submits of its own parameter, a pointer to anything, its callers know the type of.
    void submitted(clang::VarDecl* map, const clang::Expr* data, const clang::CallExpr& call) {
        const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(bare(data));
        const auto* parameter = ref ? llvm::dyn_cast<clang::ParmVarDecl>(ref->getDecl()) : nullptr;
        if (map && parameter && parameter->getType()->isVoidPointerType() && current_) {
            submits_[canonical(current_)] = {map, parameter->getFunctionScopeIndex()};
            return;
        }
        learn(map, pointee(bare(data)->getType()), call);
    }

    // `int (*max_entries)[N]` of a map's definition gets another N.
    void resize(clang::VarDecl& map) {
        const auto wanted = job_.map_sizes.find(map.getName().str());
        const auto* section = map.getAttr<clang::SectionAttr>();
        const auto* record = map.getType()->getAs<clang::RecordType>();
        if (wanted == job_.map_sizes.end() || !section || section->getName() != ".maps" || !record) return;
        for (clang::FieldDecl* field : record->getDecl()->fields()) {
            if (field->getName() != "max_entries") continue;
            const clang::QualType array = context_->getConstantArrayType(
                context_->IntTy, llvm::APInt(32, wanted->second), nullptr, clang::ArraySizeModifier::Normal, 0);
            field->setType(context_->getPointerType(array));
            resized_.insert(wanted->first);
        }
    }

    void say(uint32_t number, clang::SourceLocation at, std::string text, std::string hint,
             Severity severity = Severity::warning) {
        Message message;
        message.severity = severity;
        message.code = number;
        message.text = std::move(text);
        message.hint = std::move(hint);
        message.place = place_of(at, compiler_.getSourceManager(), compiler_.getLangOpts());
        static_cast<MessageCollector*>(compiler_.getDiagnostics().getClient())->add(std::move(message));
    }

    bool is_said(const clang::VarDecl& map) const {
        if (job_.typed_buffers.count(map.getName().str())) return true;
        for (const auto* tag : map.specific_attrs<clang::BTFDeclTagAttr>())
            if (tag->getBTFDeclTag().starts_with(tag_prefix) || tag->getBTFDeclTag().starts_with("avocet:event="))
                return true;
        return false;
    }

    void learn(clang::VarDecl* map, const clang::RecordDecl* record, const clang::CallExpr& call) {
        if (map && !record && !is_said(*map)) untyped_.emplace(map->getCanonicalDecl(), call.getBeginLoc());
        if (!map || !record) return;
        if (kept_.insert(record).second) order_.push_back(record), look_for_pointers(*record);
        const auto [known, fresh] = first_.emplace(map->getCanonicalDecl(), record);
        if (!fresh && known->second != record && !said_[map->getCanonicalDecl()] && ambiguous_.insert(map).second)
            say(code::event_type, call.getBeginLoc(),
                "buffer '" + map->getName().str() + "': carries 'struct " + known->second->getName().str() +
                    "' and 'struct " + record->getName().str() + "'; all of it is shown as the first",
                "use a buffer for each, or choose one in the sidecar: [[event]] map = \"" + map->getName().str() +
                    "\", type = \"" + record->getName().str() + "\"");
        if (!fresh) return;
        said_[map->getCanonicalDecl()] = is_said(*map);
        if (said_[map->getCanonicalDecl()]) return;
        map->addAttr(clang::BTFDeclTagAttr::CreateImplicit(*context_, (tag_prefix + record->getName()).str()));
    }

    // Text that the event only points to is gone, or another, when the event is shown.
    void look_for_pointers(const clang::RecordDecl& record) {
        if (!compiler_.getSourceManager().isInMainFile(
                compiler_.getSourceManager().getExpansionLoc(record.getLocation())))
            return;
        for (const clang::FieldDecl* field : record.fields()) {
            if (!field->getType()->isPointerType() || !field->getType()->getPointeeType()->isCharType()) continue;
            bool shown_otherwise = false;
            for (const auto* tag : field->specific_attrs<clang::BTFDeclTagAttr>())
                shown_otherwise |= tag->getBTFDeclTag().starts_with("avocet:");
            if (shown_otherwise) continue;
            say(code::pointer_in_event, field->getLocation(),
                "member '" + field->getName().str() + "': is a pointer; the text it points to is not part of the event",
                "make it an array, char " + field->getName().str() +
                    "[64], and fill it with bpf_probe_read_user_str() or bpf_probe_read_kernel_str()");
        }
    }

    void keep(const clang::TagDecl& record, clang::QualType named) {
        const clang::QualType type = context_->getPointerType(named.withConst());
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
    clang::CompilerInstance& compiler_;
    const CompileJob& job_;
    clang::ASTContext* context_ = nullptr;
    std::map<const clang::VarDecl*, const clang::RecordDecl*> first_;
    struct Wrapper {
        clang::VarDecl* map = nullptr;
        unsigned parameter = 0;
    };
    const clang::FunctionDecl* current_ = nullptr;
    std::map<const clang::FunctionDecl*, clang::VarDecl*> reserves_;  // functions that hand out room in a buffer
    std::map<const clang::FunctionDecl*, Wrapper> submits_;           // functions that submit what their callers fill
    std::map<const clang::VarDecl*, bool> said_;                      // the author names the type
    std::set<std::string> resized_;
    std::set<const clang::VarDecl*> ambiguous_;
    std::map<const clang::VarDecl*, clang::SourceLocation> untyped_;
    std::set<const clang::RecordDecl*> kept_;
    std::vector<const clang::EnumDecl*> enums_;
    std::vector<const clang::RecordDecl*> order_;  // of first use, so that objects are reproducible
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> learn_event_types(std::unique_ptr<clang::ASTConsumer> generator,
                                                      clang::CompilerInstance& compiler, const CompileJob& job) {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(std::make_unique<Learner>(*generator, compiler, job));
    consumers.push_back(std::move(generator));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
}

}  // namespace avocet::c
