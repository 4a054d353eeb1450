// SPDX-License-Identifier: Apache-2.0
#include "syntax/clone.hpp"

#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

// Each function copies the members that own something or belong to the class; `finish` copies those of the base.
struct Copier {
    template <class E>
    ExprPtr finish(std::unique_ptr<E> copy, const Expr& from) {
        copy->type = from.type;
        copy->is_constant = from.is_constant;
        return copy;
    }
    ExprPtr operator()(const IntegerExpr& e) {
        auto copy = std::make_unique<IntegerExpr>(e.span, e.value);
        copy->negative = e.negative;
        copy->has_suffix = e.has_suffix;
        copy->spelling = e.spelling;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const StringExpr& e) { return finish(std::make_unique<StringExpr>(e.span, e.value), e); }
    ExprPtr operator()(const BooleanExpr& e) { return finish(std::make_unique<BooleanExpr>(e.span, e.value), e); }
    ExprPtr operator()(const PositionalExpr& e) {
        return finish(std::make_unique<PositionalExpr>(e.span, e.number), e);
    }
    ExprPtr operator()(const PositionalCountExpr& e) {
        return finish(std::make_unique<PositionalCountExpr>(e.span), e);
    }
    ExprPtr operator()(const IdentifierExpr& e) { return finish(std::make_unique<IdentifierExpr>(e.span, e.name), e); }
    ExprPtr operator()(const CallExpr& e) {
        auto copy = std::make_unique<CallExpr>(e.span, e.name);
        copy->name_span = e.name_span;
        for (const auto& arg : e.args) copy->args.push_back(clone(arg));
        copy->builtin = e.builtin;
        copy->number = e.number;
        copy->member_names = e.member_names;
        copy->output = e.output;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const VariableExpr& e) {
        auto copy = std::make_unique<VariableExpr>(e.span, e.name);
        copy->variable = e.variable;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const MapExpr& e) {
        auto copy = std::make_unique<MapExpr>(e.span, e.name);
        copy->map = e.map;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const MapElementExpr& e) {
        auto copy = std::make_unique<MapElementExpr>(e.span, e.name);
        copy->map = e.map;
        copy->name_span = e.name_span;
        copy->key = clone(e.key);
        copy->several_keys = e.several_keys;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const UnaryExpr& e) {
        return finish(std::make_unique<UnaryExpr>(e.span, e.op, clone(e.operand)), e);
    }
    ExprPtr operator()(const BinaryExpr& e) {
        auto copy = std::make_unique<BinaryExpr>(e.span, e.op, clone(e.left), clone(e.right));
        copy->op_span = e.op_span;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const TernaryExpr& e) {
        return finish(std::make_unique<TernaryExpr>(e.span, clone(e.condition), clone(e.then), clone(e.otherwise)), e);
    }
    ExprPtr operator()(const CastExpr& e) {
        return finish(std::make_unique<CastExpr>(e.span, clone(e.target), clone(e.operand)), e);
    }
    ExprPtr operator()(const FieldExpr& e) {
        auto copy = std::make_unique<FieldExpr>(e.span, clone(e.object), e.name);
        copy->name_span = e.name_span;
        copy->arrow = e.arrow;
        copy->arg = e.arg;
        copy->member = e.member;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const TupleFieldExpr& e) {
        return finish(std::make_unique<TupleFieldExpr>(e.span, clone(e.object), e.number), e);
    }
    ExprPtr operator()(const IndexExpr& e) {
        return finish(std::make_unique<IndexExpr>(e.span, clone(e.object), clone(e.index)), e);
    }
    ExprPtr operator()(const TupleExpr& e) {
        auto copy = std::make_unique<TupleExpr>(e.span);
        for (const auto& element : e.elements) copy->elements.push_back(clone(element));
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const RecordExpr& e) {
        auto copy = std::make_unique<RecordExpr>(e.span);
        for (const auto& m : e.members) copy->members.push_back({m.name, m.name_span, clone(m.value)});
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const IfExpr& e) {
        auto copy = std::make_unique<IfExpr>(e.span);
        copy->condition = clone(e.condition);
        copy->parenthesised = e.parenthesised;
        copy->then = clone(e.then);
        copy->otherwise = clone(e.otherwise);
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const BlockExpr& e) { return finish(std::make_unique<BlockExpr>(e.span, clone(e.block)), e); }
    ExprPtr operator()(const SizeofExpr& e) {
        auto copy = std::make_unique<SizeofExpr>(e.span);
        copy->operand = clone(e.operand);
        copy->size = e.size;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const OffsetofExpr& e) {
        auto copy = std::make_unique<OffsetofExpr>(e.span);
        copy->operand = clone(e.operand);
        copy->path = e.path;
        copy->offset = e.offset;
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const TypeinfoExpr& e) {
        auto copy = std::make_unique<TypeinfoExpr>(e.span);
        copy->operand = clone(e.operand);
        return finish(std::move(copy), e);
    }
    ExprPtr operator()(const ComptimeExpr& e) {
        return finish(std::make_unique<ComptimeExpr>(e.span, clone(e.operand)), e);
    }
    ExprPtr operator()(const TypeArgExpr& e) { return finish(std::make_unique<TypeArgExpr>(e.span, clone(e.name)), e); }
    ExprPtr operator()(const EmptyTupleExpr& e) { return finish(std::make_unique<EmptyTupleExpr>(e.span), e); }

    StmtPtr operator()(const LetStmt& s) {
        auto copy = std::make_unique<LetStmt>(s.span);
        copy->name = s.name;
        copy->name_span = s.name_span;
        copy->variable = s.variable;
        copy->type = clone(s.type);
        copy->value = clone(s.value);
        return copy;
    }
    StmtPtr operator()(const AssignStmt& s) {
        auto copy = std::make_unique<AssignStmt>(s.span);
        copy->target = clone(s.target);
        copy->op = s.op;
        copy->value = clone(s.value);
        return copy;
    }
    StmtPtr operator()(const DiscardStmt& s) { return with_value(std::make_unique<DiscardStmt>(s.span), s.value); }
    StmtPtr operator()(const ExprStmt& s) { return with_value(std::make_unique<ExprStmt>(s.span), s.value); }
    StmtPtr operator()(const ReturnStmt& s) { return with_value(std::make_unique<ReturnStmt>(s.span), s.value); }
    StmtPtr operator()(const ForMapStmt& s) {
        auto copy = std::make_unique<ForMapStmt>(s.span);
        copy->variable_name = s.variable_name;
        copy->variable_span = s.variable_span;
        copy->variable = s.variable;
        copy->map = clone(s.map);
        copy->body = clone(s.body);
        return copy;
    }
    StmtPtr operator()(const ForRangeStmt& s) {
        auto copy = std::make_unique<ForRangeStmt>(s.span);
        copy->variable_name = s.variable_name;
        copy->variable_span = s.variable_span;
        copy->variable = s.variable;
        copy->low = clone(s.low);
        copy->high = clone(s.high);
        copy->body = clone(s.body);
        return copy;
    }
    StmtPtr operator()(const WhileStmt& s) {
        auto copy = std::make_unique<WhileStmt>(s.span);
        copy->condition = clone(s.condition);
        copy->body = clone(s.body);
        return copy;
    }
    StmtPtr operator()(const UnrollStmt& s) {
        auto copy = std::make_unique<UnrollStmt>(s.span);
        copy->count = clone(s.count);
        copy->body = clone(s.body);
        return copy;
    }
    StmtPtr operator()(const JumpStmt& s) { return std::make_unique<JumpStmt>(s.kind, s.span); }
    StmtPtr operator()(const ImportStmt& s) {
        auto copy = std::make_unique<ImportStmt>(s.span);
        copy->path = s.path;
        return copy;
    }
    template <class S>
    StmtPtr with_value(std::unique_ptr<S> copy, const ExprPtr& value) {
        copy->value = clone(value);
        return copy;
    }
};

}  // namespace

ExprPtr clone(const Expr& expr) { return visit(expr, Copier{}); }
StmtPtr clone(const Stmt& stmt) { return visit(stmt, Copier{}); }

std::unique_ptr<Block> clone(const Block& block) {
    auto copy = std::make_unique<Block>();
    copy->is_function = block.is_function;
    copy->span = block.span;
    for (const auto& s : block.statements) copy->statements.push_back(clone(s));
    copy->value = clone(block.value);
    return copy;
}

std::unique_ptr<TypeName> clone(const TypeName& type) {
    auto copy = std::make_unique<TypeName>();
    copy->span = type.span;
    copy->tag = type.tag;
    copy->name = type.name;
    copy->typeof_expr = clone(type.typeof_expr);
    copy->typeof_type = clone(type.typeof_type);
    copy->suffixes = type.suffixes;
    return copy;
}

TypeOrExpr clone(const TypeOrExpr& operand) { return {clone(operand.type), clone(operand.expr)}; }

Clause clone(const Clause& clause) {
    Clause copy;
    copy.span = clause.span;
    copy.attach_points = clause.attach_points;
    copy.predicate = clone(clause.predicate);
    copy.body = clone(clause.body);
    copy.variables = clause.variables;
    return copy;
}

}  // namespace avocet::dsl
