// SPDX-License-Identifier: Apache-2.0
//
// Rounds, statements, and what is assigned to variables and maps.
#include "passes/typer.hpp"

#include <algorithm>
#include <utility>

namespace avocet::dsl {

namespace {

// Types grow along short chains; a script that needs more rounds than this has a cycle of conversions.
constexpr int max_rounds = 64;

bool is_literal(const Expr* expr) {
    return expr &&
           (expr->kind == ExprKind::integer || expr->kind == ExprKind::string || expr->kind == ExprKind::boolean);
}

}  // namespace

Message& Typer::error(const Span& span, std::string text) {
    ++refusals_;
    return reporting_ ? unit_.diagnostics->error(span, std::move(text)) : unheard_;
}

Message& Typer::warning(const Span& span, std::string text) {
    return reporting_ ? unit_.diagnostics->warning(span, std::move(text)) : unheard_;
}

bool Typer::is_refused(const Expr& expr) const {
    if (expr.type.refused || expr.kind == ExprKind::identifier || unit_.diagnostics->has_error_within(expr.span))
        return true;
    const auto* call = as_if<const CallExpr>(&expr, ExprKind::call);
    return call && call->builtin == Builtin::none;
}

// Nothing more can be said of a variable, key or value.
void Typer::give_up(Type& type) {
    if (!judging_ || type.refused) return;
    type = Type::refusal();
    changed_ = true;
}

void Typer::settle() {
    int rounds = 0;
    do {
        changed_ = false;
        refusals_ = 0;
        round();
    } while ((changed_ || decide() || (!judging_ && seed_untyped())) && ++rounds < max_rounds);
}

void Typer::run() {
    settle();
    if (refusals_ > 0) {
        judging_ = true;
        settle();
    }
    reporting_ = true;
    round();
    report_untyped();
}

// A type that depends on nothing but itself: `@a = @b; @b = @a`.
void Typer::report_untyped() {
    const auto untyped = [](const Type& type) { return type.kind == TypeKind::none && !type.refused; };
    for (const MapInfo& map : unit_.script.maps) {
        const bool used = map.assigned || map.keyed;
        if (used && untyped(map.value))
            error(map.first_use, "map '" + map.name + "': nothing says what type its values have");
        if (map.keyed && untyped(map.key))
            error(map.first_use, "map '" + map.name + "': nothing says what type its keys have");
    }
    for (const ProbeFunction& function : unit_.functions)
        for (const Variable& v : function.body.variables)
            if (untyped(v.type)) error(v.declared, shown_variable(v.name) + ": nothing says what type it has");
}

void Typer::round() {
    for (ProbeFunction& function : unit_.functions) {
        function_ = &function;
        if (function.body.predicate) {
            infer(*function.body.predicate);
            check_condition(*function.body.predicate);
        }
        type_block(*function.body.body);
    }
}

// What is only ever touched by `op=` starts as a zero of one byte; what is never assigned is a zero of 64 bits.
bool Typer::seed_untyped() {
    bool seeded = false;
    for (MapInfo& map : unit_.script.maps) {
        if (map.value.refused || map.value.kind != TypeKind::none || map.aggregate != Aggregate::none ||
            !map.op_assigned)
            continue;
        map.value = Type::integer(1, true);
        seeded = true;
    }
    for (ProbeFunction& function : unit_.functions)
        for (Variable& v : function.body.variables) {
            if (v.type.refused || v.type.kind != TypeKind::none || (v.assigned && !v.op_assigned)) continue;
            v.type = Type::integer(v.assigned ? 1 : 8, true);
            seeded = true;
        }
    return seeded;
}

Type Typer::type_block(Block& block) {
    for (auto& statement : block.statements) type_statement(*statement);
    if (!block.value) return {};
    const Type type = infer(*block.value);
    const bool left = std::any_of(block.statements.begin(), block.statements.end(),
                                  [](const StmtPtr& statement) { return leaves_block(*statement); });
    return left ? Type::simple(TypeKind::void_) : type;
}

bool leaves_block(const Stmt& stmt) {
    if (stmt.kind == StmtKind::return_ || stmt.kind == StmtKind::break_ || stmt.kind == StmtKind::continue_ ||
        stmt.kind == StmtKind::leave_)
        return true;
    if (stmt.kind != StmtKind::expression) return false;
    const auto* call = as_if<const CallExpr>(static_cast<const ExprStmt&>(stmt).value.get(), ExprKind::call);
    return call && call->builtin == Builtin::exit;
}

void Typer::type_statement(Stmt& stmt) {
    visit(stmt, Cases{
                    [](Stmt&) {},
                    [&](LetStmt& s) { type_let(s); },
                    [&](AssignStmt& s) { type_assign(s); },
                    [&](DiscardStmt& s) { infer(*s.value); },
                    [&](ExprStmt& s) { infer(*s.value); },
                    [&](ForMapStmt& s) { type_for_map(s); },
                    [&](ForRangeStmt& s) { type_for_range(s); },
                    [&](WhileStmt& s) {
                        infer(*s.condition);
                        check_condition(*s.condition);
                        type_block(*s.body);
                    },
                    [&](UnrollStmt& s) {
                        infer(*s.count);
                        const auto count = literal_int(*s.count);
                        if (is_refused(*s.count)) {
                        } else if (!count)
                            error(s.count->span, "unroll: the count must be an integer known at compile time");
                        else if (*count < 1)
                            error(s.count->span, "unroll: the count must be at least 1");
                        else if (*count > 100)
                            error(s.count->span, "unroll: the count must be at most 100");
                        type_block(*s.body);
                    },
                    [&](ReturnStmt& s) {
                        if (!s.value) return;
                        const Type type = infer(*s.value);
                        if (type.kind != TypeKind::none && !is_number(type))
                            error(s.value->span,
                                  "return: a probe returns integers only, not '" + type.spelling() + "'");
                    },
                });
}

void Typer::type_let(LetStmt& s) {
    Variable& v = function_->body.variables[static_cast<size_t>(s.variable)];
    const Type value = s.value ? infer(*s.value) : Type();
    if (s.type) {
        const Type type = resolve_type(*s.type);
        const bool storable_type = type.kind != TypeKind::aggregate && type.kind != TypeKind::void_;
        if (!storable_type) error(s.type->span, "type '" + type.spelling() + "' cannot be that of a variable");
        if (type.kind == TypeKind::none) return give_up(v.type);
        if (type.size > 0 && storable_type) {
            if (!identical(v.type, type)) changed_ = true;
            v.type = type;
            v.fixed_type = true;
        }
    }
    if (s.value) assign_variable(s.variable, value, s.value.get(), s.value->span);
}

void Typer::type_assign(AssignStmt& s) {
    if (s.target->kind == ExprKind::map || s.target->kind == ExprKind::map_element) aggregate_place_ = s.value.get();
    const Type value = infer(*s.value);
    aggregate_place_ = nullptr;
    assign_target(*s.target, value, s.value.get(), s.span);
    infer(*s.target);
}

void Typer::assign_target(Expr& target, const Type& value, const Expr* expr, const Span& span) {
    if (auto* variable = as_if<VariableExpr>(&target, ExprKind::variable)) {
        assign_variable(variable->variable, value, expr, span);
        return;
    }
    int map = -1;
    if (auto* whole = as_if<MapExpr>(&target, ExprKind::map)) map = whole->map;
    if (auto* element = as_if<MapElementExpr>(&target, ExprKind::map_element)) {
        map = element->map;
        use_key(map, *element->key);
    }
    if (map >= 0) assign_map(map, value, expr, span);
}

void Typer::assign_variable(int variable, const Type& value, const Expr* expr, const Span& span) {
    Variable& v = function_->body.variables[static_cast<size_t>(variable)];
    const Type type = decayed(value);
    if (type.kind == TypeKind::none) {  // not known yet, or reported
        if (type.refused && !v.fixed_type) give_up(v.type);
        return;
    }
    const bool untyped = v.type.kind == TypeKind::none;
    if (type.kind == TypeKind::void_) {
        error(span, shown_variable(v.name) + ": there is no value to assign");
        if (untyped) give_up(v.type);
        return;
    }
    if (type.kind == TypeKind::aggregate) {
        error(span, shown_variable(v.name) + ": a value of type '" + type.name + "' cannot be kept in a variable");
        if (untyped) give_up(v.type);
        return;
    }
    if (type.kind == TypeKind::tuple && type.members->empty()) {
        error(span, shown_variable(v.name) + ": the empty tuple cannot be stored");
        if (untyped) give_up(v.type);
        return;
    }
    if (v.type.refused) return;
    if (v.fixed_type) {
        const auto* literal = as_if<const IntegerExpr>(expr, ExprKind::integer);
        const bool fits = storable(v.type, type) && !(literal && v.type.is_integer() &&
                                                      !holds_literal(v.type, literal->value, literal->negative));
        if (!fits)
            error(span, shown_variable(v.name) + ": a value of type '" + type.spelling() + "' does not fit its type '" +
                            v.type.spelling() + "'")
                .with_context(v.declared, "the type is declared here");
    } else {
        const auto merged = promote(v.type, type);
        if (!merged) {
            error(span, shown_variable(v.name) + ": a value of type '" + type.spelling() +
                            "' does not match its type '" + settled(v.type).spelling() + "'")
                .with_context(v.declared, "the variable gets its type here")
                .with_hint("a variable keeps one type; take another one for this value");
            return;
        }
        if (locked_out(v.locked, shown_variable(v.name), *merged, v.type, type, span)) return;
        if (!identical(*merged, v.type)) changed_ = true;
        v.type = *merged;
    }
    if (reporting_ && !is_literal(expr) && type.is_integer() && v.type.is_integer() && !type.flexible &&
        !holds(settled(v.type), type))
        warning(span, "value of type '" + type.spelling() + "' is converted to '" + v.type.spelling() +
                          "', which does not hold all of its values")
            .with_hint("an explicit cast says that this is meant");
}

void Typer::assign_map(int index, const Type& value, const Expr* expr, const Span& span) {
    MapInfo& map = unit_.script.maps[static_cast<size_t>(index)];
    if (const auto* call = as_if<const CallExpr>(expr, ExprKind::call);
        call && (builtin_info(call->builtin).flags & builtin_aggregate)) {
        assign_aggregate(index, const_cast<CallExpr&>(*call), value);
        return;
    }
    const bool untyped = map.value.kind == TypeKind::none && map.aggregate == Aggregate::none;
    if (value.kind == TypeKind::aggregate) {
        auto& message = error(span, "map '" + map.name + "': a value of type '" + value.name +
                                        "' cannot be copied from one map to another");
        if (is_castable_aggregate(value))
            message.with_hint("a cast takes its present number, e.g. `" + map.name + " = (int64)...`");
        else
            message.with_hint("assign a call of the function itself");
        if (untyped) give_up(map.value);
        return;
    }
    if (value.kind == TypeKind::none) {  // not known yet, or reported
        if (value.refused) give_up(map.value);
        return;
    }
    if (value.kind == TypeKind::void_) {
        error(span, "map '" + map.name + "': there is no value to assign");
        if (untyped) give_up(map.value);
        return;
    }
    if (value.kind == TypeKind::tuple && value.members->empty()) {
        error(span, "map '" + map.name + "': the empty tuple cannot be stored");
        if (untyped) give_up(map.value);
        return;
    }
    if (value.is_pointer() && value.is_context) {
        error(span, "map '" + map.name + "': the context is gone when the probe returns, it cannot be kept");
        if (untyped) give_up(map.value);
        return;
    }
    if (map.value.refused) return;
    if (map.aggregate != Aggregate::none) {
        error(span, "map '" + map.name + "': a value of type '" + value.spelling() + "' does not match its type '" +
                        type_map(index, span).name + "'")
            .with_context(map.first_use, "the map is first used here")
            .with_hint("only calls of its function change it; clear(" + map.name + ") begins anew");
        return;
    }
    const auto merged = promote(map.value, value);
    if (!merged) {
        error(span, "map '" + map.name + "': a value of type '" + value.spelling() + "' does not match its type '" +
                        settled(map.value).spelling() + "'")
            .with_context(map.first_use, "the map is first used here")
            .with_hint("all values of a map have one type; take another map for this one");
        return;
    }
    if (locked_out(map.locked_value, "map '" + map.name + "'", *merged, map.value, value, span)) return;
    if (!identical(*merged, map.value)) changed_ = true;
    map.value = *merged;
    if (reporting_ && !is_literal(expr) && value.is_integer() && map.value.is_integer() && !value.flexible &&
        !holds(settled(map.value), value))
        warning(span, "value of type '" + value.spelling() + "' is converted to '" + map.value.spelling() +
                          "', which does not hold all of its values")
            .with_hint("an explicit cast says that this is meant");
}

MapInfo* Typer::map_argument(CallExpr& call) {
    auto* map = as_if<MapExpr>(call.args[0].get(), ExprKind::map);
    if (!map) {
        if (!is_refused(*call.args[0])) error(call.args[0]->span, call.name + "(): takes a map");
        return nullptr;
    }
    return map->map < 0 ? nullptr : &unit_.script.maps[static_cast<size_t>(map->map)];
}

bool Typer::expect_number(const CallExpr& call, size_t index) {
    const Type& type = call.args[index]->type;
    if (is_number(type) || type.kind == TypeKind::none) return is_number(type);
    error(call.args[index]->span, call.name + "(): takes integers (" + type.class_name() + " given)");
    return false;
}

namespace {

Aggregate aggregate_of(Builtin builtin) {
    switch (builtin) {
        case Builtin::count: return Aggregate::count;
        case Builtin::sum: return Aggregate::sum;
        case Builtin::min: return Aggregate::min;
        case Builtin::max: return Aggregate::max;
        case Builtin::avg: return Aggregate::avg;
        case Builtin::stats: return Aggregate::stats;
        case Builtin::hist: return Aggregate::hist;
        case Builtin::lhist: return Aggregate::lhist;
        case Builtin::tseries: return Aggregate::tseries;
        default: return Aggregate::none;
    }
}

uint64_t literal_or_zero(const CallExpr& call, size_t index) {
    return index < call.args.size() ? static_cast<uint64_t>(literal_int(*call.args[index]).value_or(0)) : 0;
}

}  // namespace

void Typer::assign_aggregate(int index, CallExpr& call, const Type& value) {
    MapInfo& map = unit_.script.maps[static_cast<size_t>(index)];
    if (map.value.refused) return;
    const Aggregate aggregate = aggregate_of(call.builtin);
    const auto bits = static_cast<uint32_t>(literal_or_zero(call, 1));
    const uint64_t interval_ns = literal_or_zero(call, 1), intervals = literal_or_zero(call, 2);
    const std::string* way = call.args.size() > 3 ? literal_string(*call.args[3]) : nullptr;
    const std::string combine = way ? *way : "last";
    const auto low = static_cast<int64_t>(literal_or_zero(call, 1)),
               high = static_cast<int64_t>(literal_or_zero(call, 2)),
               step = static_cast<int64_t>(literal_or_zero(call, 3));
    if (map.aggregate == Aggregate::none && map.value.kind == TypeKind::none) {
        map.aggregate = aggregate;
        changed_ = true;
        if (aggregate == Aggregate::hist) map.hist_bits = bits;
        if (aggregate == Aggregate::lhist) map.lhist_min = low, map.lhist_max = high, map.lhist_step = step;
        if (aggregate == Aggregate::tseries)
            map.series_interval_ns = interval_ns, map.series_intervals = intervals, map.series_combine = combine;
    }
    if (map.aggregate != aggregate) {
        const Type present = type_map(index, call.span);
        error(call.span, "map '" + map.name + "': a value of " + call.name + "() does not match its type '" +
                             present.spelling() + "'")
            .with_context(map.first_use, "the map is first used here");
        return;
    }
    if (aggregate == Aggregate::hist && map.hist_bits != bits)
        error(call.span, "map '" + map.name + "': all its hist() calls must have the same bits");
    if (aggregate == Aggregate::lhist && (map.lhist_min != low || map.lhist_max != high || map.lhist_step != step))
        error(call.span, "map '" + map.name + "': all its lhist() calls must have the same bounds");
    if (aggregate == Aggregate::tseries &&
        (map.series_interval_ns != interval_ns || map.series_intervals != intervals || map.series_combine != combine))
        error(call.span, "map '" + map.name + "': all its tseries() calls must have the same bounds");
    if (value.kind == TypeKind::none) {
        if (value.refused) give_up(map.value);
        return;
    }
    const Type merged = *promote(map.value, value);
    if (locked_out(map.locked_value, "map '" + map.name + "'", merged, map.value, value, call.span)) return;
    if (!identical(merged, map.value)) changed_ = true;
    map.value = merged;
}

void Typer::use_key(int index, Expr& key) {
    infer(key);
    note_key(index, key);
}

void Typer::note_key(int index, const Expr& key) {
    const Type type = decayed(key.type);
    if (index < 0) return;
    MapInfo& map = unit_.script.maps[static_cast<size_t>(index)];
    const bool untyped = map.key.kind == TypeKind::none;
    if (type.kind == TypeKind::none) {
        if (type.refused) give_up(map.key);
        return;
    }
    if (type.kind == TypeKind::aggregate || type.kind == TypeKind::void_) {
        error(key.span, "map '" + map.name + "': a value of type '" + type.spelling() + "' cannot be a key");
        if (untyped) give_up(map.key);
        return;
    }
    if (type.kind == TypeKind::tuple && type.members->empty()) {
        error(key.span, "map '" + map.name + "': the empty tuple cannot be a key")
            .with_hint("a map without keys is written without brackets");
        if (untyped) give_up(map.key);
        return;
    }
    if (type.is_pointer() && type.is_context) {
        error(key.span, "map '" + map.name + "': the context cannot be part of a key");
        if (untyped) give_up(map.key);
        return;
    }
    if (map.key.refused) return;
    const auto merged = promote(map.key, type);
    if (!merged) {
        error(key.span, "map '" + map.name + "': key of type '" + type.spelling() +
                            "' does not match its keys of type '" + settled(map.key).spelling() + "'")
            .with_context(map.first_use, "the map is first used here")
            .with_hint("all keys of a map have one type; several kinds of keys take several maps");
        return;
    }
    if (locked_out(map.locked_key, "keys of map '" + map.name + "'", *merged, map.key, type, key.span)) return;
    if (!identical(*merged, map.key)) changed_ = true;
    map.key = *merged;
}

void Typer::type_for_map(ForMapStmt& s) {
    auto& map_expr = as<MapExpr>(*s.map);
    MapInfo& map = unit_.script.maps[static_cast<size_t>(map_expr.map)];
    map.walked = true;
    Variable& v = function_->body.variables[static_cast<size_t>(s.variable)];
    const Type value = decayed(type_map(map_expr.map, s.map->span));
    if (value.kind == TypeKind::aggregate) {
        error(s.map->span, "map '" + map.name + "': a map of type '" + value.name + "' cannot be looped over");
        give_up(v.type);
    } else if (value.kind == TypeKind::none || map.key.kind == TypeKind::none) {
        give_up(v.type);  // what is wrong is said of the map
    } else {
        const Type pair = Type::tuple({settled(map.key), value});
        if (!identical(pair, v.type)) changed_ = true;
        v.type = pair;
    }
    type_block(*s.body);
}

void Typer::type_for_range(ForRangeStmt& s) {
    const Type low = decayed(infer(*s.low)), high = decayed(infer(*s.high));
    const auto bound = [&](const Type& type, const Expr& e, const char* which) {
        if (type.kind == TypeKind::none || type.is_integer() || type.kind == TypeKind::enumeration) return true;
        error(e.span, std::string("range: the ") + which + " must be an integer, not '" + type.spelling() + "'");
        return false;
    };
    const bool low_ok = bound(low, *s.low, "start"), high_ok = bound(high, *s.high, "end");
    Variable& v = function_->body.variables[static_cast<size_t>(s.variable)];
    if (!low_ok || !high_ok || low.refused || high.refused) {
        give_up(v.type);
    } else if (low.kind != TypeKind::none && high.kind != TypeKind::none) {
        Type type = *promote(as_integer(low), as_integer(high));
        type.flexible = low.flexible;  // counts up from what is not negative
        const auto merged = promote(v.type, type);
        if (merged && !identical(*merged, v.type)) {
            v.type = *merged;
            changed_ = true;
        }
    }
    type_block(*s.body);
}

void Typer::check_condition(Expr& condition) {
    const Type& type = condition.type;
    if (type.kind == TypeKind::none || is_condition(type)) return;
    error(condition.span, "condition: '" + type.spelling() + "' is neither true nor false")
        .with_hint("a condition is an integer, a boolean or a pointer");
}

std::string shown_variable(const std::string& name) {
    if (!name.starts_with('$')) return "variable '$" + name + "'";
    for (size_t at = name.find('_'); at != std::string::npos; at = name.find('_', at + 1)) {
        const size_t end = name.find_first_not_of("0123456789", at + 1);
        if (end == std::string::npos || end == at + 1 || name[end] != '_') continue;
        const std::string function = "function '" + name.substr(1, at - 1) + "'", own = name.substr(end + 1);
        return own == "result" ? "result of " + function : "variable '$" + own + "' of " + function;
    }
    return "variable '" + name + "'";
}

}  // namespace avocet::dsl
