// SPDX-License-Identifier: Apache-2.0
//
// `comptime`: what it asks for is answered while types are still growing. `if comptime (sizeof($x) == 8) { $x = ...; }`
// would otherwise turn around its own condition: the types around come first, then the decision, then the arm.
#include "passes/typer.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

// Marks the variables and maps whose types are asked for below a `comptime`.
class Locker : public Walker {
public:
    Locker(std::vector<Variable>& variables, std::vector<MapInfo>& maps) : variables_(variables), maps_(maps) {}
    void mark(ExprPtr& expr) { walk(expr); }

protected:
    void on_expr(ExprPtr& expr) override {
        const bool asks =
            expr->kind == ExprKind::sizeof_ || expr->kind == ExprKind::typeinfo || expr->kind == ExprKind::offsetof_;
        const bool outside = asking_;
        asking_ = asking_ || asks;
        if (asking_) lock(*expr);
        walk_children(*expr);
        asking_ = outside;
    }
    void on_type(TypeName& type) override {
        const bool outside = asking_;
        asking_ = true;  // typeof
        Walker::on_type(type);
        asking_ = outside;
    }

private:
    void lock(Expr& expr) {
        if (auto* v = as_if<VariableExpr>(&expr, ExprKind::variable); v && v->variable >= 0)
            lock(variables_[static_cast<size_t>(v->variable)].type, variables_[static_cast<size_t>(v->variable)].locked,
                 expr.span);
        if (auto* m = as_if<MapExpr>(&expr, ExprKind::map); m && m->map >= 0) {
            MapInfo& map = maps_[static_cast<size_t>(m->map)];
            if (map.keyed) lock(map.key, map.locked_key, expr.span);
            lock(map.value, map.locked_value, expr.span);
        }
        if (auto* m = as_if<MapElementExpr>(&expr, ExprKind::map_element); m && m->map >= 0)
            lock(maps_[static_cast<size_t>(m->map)].value, maps_[static_cast<size_t>(m->map)].locked_value, expr.span);
    }
    static void lock(Type& type, std::optional<Span>& locked, const Span& span) {
        if (locked || type.kind == TypeKind::none) return;
        locked = span;
        type = settled(type);
    }

    std::vector<Variable>& variables_;
    std::vector<MapInfo>& maps_;
    bool asking_ = false;
};

}  // namespace

Type Typer::type_comptime(ComptimeExpr& e) {
    const Type inner = infer(*e.operand);
    const auto* call = as_if<CallExpr>(e.operand.get(), ExprKind::call);
    const bool answered = call && builtin_info(call->builtin).flags & builtin_constant;
    const bool literal = literal_int(*e.operand) || literal_string(*e.operand);
    if (!literal && !answered && !is_refused(*e.operand) && e.operand->kind != ExprKind::sizeof_ &&
        e.operand->kind != ExprKind::offsetof_ && e.operand->kind != ExprKind::typeinfo)
        error(e.span, "comptime: the value is not known at compile time");
    if (deciding_ && inner.kind != TypeKind::none) Locker(function_->body.variables, unit_.script.maps).mark(e.operand);
    return inner;
}

// One more round when types have stopped growing: true if an `if comptime` was decided in it, its arm is next then.
bool Typer::decide() {
    deciding_ = true;
    decided_ = false;
    round();
    deciding_ = false;
    return decided_;
}

Type Typer::type_if(IfExpr& e) {
    infer(*e.condition);
    check_condition(*e.condition);
    const auto* comptime = as_if<ComptimeExpr>(e.condition.get(), ExprKind::comptime);
    if (comptime && e.chosen < 0) {
        const bool known = comptime->operand->type.kind != TypeKind::none;
        const auto value = known ? literal_int(*comptime->operand) : std::nullopt;
        if (value && deciding_) {
            e.chosen = *value != 0;
            decided_ = true;
        }
        if (value || (!known && !judging_ && !reporting_)) return {};
    }
    return type_arms(e);
}

Type Typer::type_arms(IfExpr& e) {
    if (e.chosen == 1) return type_block(*e.then);
    if (e.chosen == 0) return e.otherwise ? type_block(*e.otherwise) : Type();
    const Type then = type_block(*e.then);
    const Type otherwise = e.otherwise ? type_block(*e.otherwise) : Type();
    const bool has_value = e.then->value && e.otherwise && e.otherwise->value;
    return has_value ? merge_arms(e.span, then, otherwise) : Type();
}

// Whether the value would change a type that `comptime` has answered for.
bool Typer::locked_out(const std::optional<Span>& locked, const std::string& what, const Type& merged,
                       const Type& present, const Type& value, const Span& span) {
    if (!locked || identical(settled(merged), settled(present))) return false;
    error(span, what + ": a value of type '" + value.spelling() + "' does not fit its type '" + present.spelling() +
                    "', which is locked")
        .with_context(*locked, "comptime asks for the type here")
        .with_hint("cast the value to '" + present.spelling() + "', or give the type where it begins");
    return true;
}

}  // namespace avocet::dsl
