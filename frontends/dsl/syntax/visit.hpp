// SPDX-License-Identifier: Apache-2.0
//
// Two ways to go over the tree. `visit(node, f)` calls f with the node's own class, once: for code that does something
// for every kind (an overload set, or a generic lambda with `if constexpr`). `Walker` goes over everything below a node
// in source order and hands out the owning pointers, so that a pass can replace what it meets.
#pragma once

#include <type_traits>
#include <utility>

#include "syntax/ast.hpp"

namespace avocet::dsl {

// The node as its own class; the caller has looked at `kind`.
template <class To, class From>
auto& as(From& node) {
    return static_cast<std::conditional_t<std::is_const_v<From>, const To, To>&>(node);
}

// The node as its own class, or null if it is another kind: as_if<CallExpr>(e, ExprKind::call).
template <class To, class From, class Kind>
auto* as_if(From* node, Kind kind) {
    using Result = std::conditional_t<std::is_const_v<From>, const To, To>;
    return node && node->kind == kind ? static_cast<Result*>(node) : nullptr;
}

namespace detail {

template <class E, class F>
decltype(auto) visit_expr(E& e, F&& f) {
    switch (e.kind) {
        case ExprKind::integer: return f(as<IntegerExpr>(e));
        case ExprKind::string: return f(as<StringExpr>(e));
        case ExprKind::boolean: return f(as<BooleanExpr>(e));
        case ExprKind::positional: return f(as<PositionalExpr>(e));
        case ExprKind::positional_count: return f(as<PositionalCountExpr>(e));
        case ExprKind::identifier: return f(as<IdentifierExpr>(e));
        case ExprKind::call: return f(as<CallExpr>(e));
        case ExprKind::variable: return f(as<VariableExpr>(e));
        case ExprKind::map: return f(as<MapExpr>(e));
        case ExprKind::map_element: return f(as<MapElementExpr>(e));
        case ExprKind::unary: return f(as<UnaryExpr>(e));
        case ExprKind::binary: return f(as<BinaryExpr>(e));
        case ExprKind::ternary: return f(as<TernaryExpr>(e));
        case ExprKind::cast: return f(as<CastExpr>(e));
        case ExprKind::field: return f(as<FieldExpr>(e));
        case ExprKind::tuple_field: return f(as<TupleFieldExpr>(e));
        case ExprKind::index: return f(as<IndexExpr>(e));
        case ExprKind::tuple: return f(as<TupleExpr>(e));
        case ExprKind::record: return f(as<RecordExpr>(e));
        case ExprKind::if_expr: return f(as<IfExpr>(e));
        case ExprKind::block: return f(as<BlockExpr>(e));
        case ExprKind::sizeof_: return f(as<SizeofExpr>(e));
        case ExprKind::offsetof_: return f(as<OffsetofExpr>(e));
        case ExprKind::typeinfo: return f(as<TypeinfoExpr>(e));
        case ExprKind::comptime: return f(as<ComptimeExpr>(e));
        case ExprKind::type_arg: return f(as<TypeArgExpr>(e));
        case ExprKind::empty_tuple: return f(as<EmptyTupleExpr>(e));
    }
    __builtin_unreachable();
}

template <class S, class F>
decltype(auto) visit_stmt(S& s, F&& f) {
    switch (s.kind) {
        case StmtKind::let: return f(as<LetStmt>(s));
        case StmtKind::assign: return f(as<AssignStmt>(s));
        case StmtKind::discard: return f(as<DiscardStmt>(s));
        case StmtKind::expression: return f(as<ExprStmt>(s));
        case StmtKind::for_map: return f(as<ForMapStmt>(s));
        case StmtKind::for_range: return f(as<ForRangeStmt>(s));
        case StmtKind::while_: return f(as<WhileStmt>(s));
        case StmtKind::unroll: return f(as<UnrollStmt>(s));
        case StmtKind::break_:
        case StmtKind::continue_:
        case StmtKind::leave_: return f(as<JumpStmt>(s));
        case StmtKind::return_: return f(as<ReturnStmt>(s));
        case StmtKind::import: return f(as<ImportStmt>(s));
    }
    __builtin_unreachable();
}

}  // namespace detail

template <class F>
decltype(auto) visit(Expr& e, F&& f) {
    return detail::visit_expr(e, std::forward<F>(f));
}
template <class F>
decltype(auto) visit(const Expr& e, F&& f) {
    return detail::visit_expr(e, std::forward<F>(f));
}
template <class F>
decltype(auto) visit(Stmt& s, F&& f) {
    return detail::visit_stmt(s, std::forward<F>(f));
}
template <class F>
decltype(auto) visit(const Stmt& s, F&& f) {
    return detail::visit_stmt(s, std::forward<F>(f));
}

// Overload set out of lambdas: visit(e, Cases{[](CallExpr& c) {...}, [](Expr&) {}}).
template <class... F>
struct Cases : F... {
    using F::operator()...;
};
template <class... F>
Cases(F...) -> Cases<F...>;

// Override what the pass looks at and call walk_children (or the base function) to go on below it. Pointers handed out
// are never null, and may be replaced by the override.
class Walker {
public:
    virtual ~Walker() = default;
    virtual void on_expr(ExprPtr& expr) { walk_children(*expr); }
    virtual void on_stmt(StmtPtr& stmt) { walk_children(*stmt); }
    virtual void on_block(Block& block);
    virtual void on_type(TypeName& type);
    virtual void on_clause(Clause& clause);  // predicate, body

protected:
    void walk_children(Expr& expr);
    void walk_children(Stmt& stmt);
    void walk(ExprPtr& expr) {
        if (expr) on_expr(expr);
    }
    void walk(std::unique_ptr<Block>& block) {
        if (block) on_block(*block);
    }
    void walk(std::unique_ptr<TypeName>& type) {
        if (type) on_type(*type);
    }
    void walk(TypeOrExpr& operand) {
        walk(operand.type);
        walk(operand.expr);
    }
};

}  // namespace avocet::dsl
