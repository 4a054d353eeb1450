// SPDX-License-Identifier: Apache-2.0
#include "passes/converter.hpp"

#include <algorithm>
#include <utility>

#include "passes/promotion.hpp"
#include "passes/typer.hpp"

namespace avocet::dsl {

namespace {

const Type int64 = Type::integer(8, true);

void retype_integer(IntegerExpr& e, const Type& target) {
    const uint64_t bits = target.size * 8;
    if (bits < 64) {
        e.value &= (uint64_t{1} << bits) - 1;
        if (target.is_signed && (e.value >> (bits - 1))) e.value |= ~uint64_t{0} << bits;
    }
    e.negative = target.is_signed && (e.value >> 63);
    e.type = target;
}

ExprPtr make_boolean(const Span& span, bool value) {
    auto e = std::make_unique<BooleanExpr>(span, value);
    e->type = Type::boolean();
    return e;
}

void wrap(ExprPtr& e, const Type& target) {
    const Span span = e->span;
    e = std::make_unique<CastExpr>(span, nullptr, std::move(e));
    e->type = target;
}

}  // namespace

ExprPtr make_integer(const Span& span, uint64_t value, const Type& type) {
    auto e = std::make_unique<IntegerExpr>(span, value);
    retype_integer(*e, type);
    return e;
}

Type stats_record(bool is_signed) {
    return Type::record({{"count", Type::integer(8, false)},
                         {"average", Type::integer(8, is_signed)},
                         {"total", Type::integer(8, is_signed)}});
}

void Converter::run() {
    for (MapInfo& map : unit_.script.maps) {
        map.key = settled(map.key);
        map.value = settled(map.value);
    }
    for (ProbeFunction& function : unit_.functions) {
        for (Variable& v : function.body.variables) v.type = settled(v.type);
        function_ = &function;
        if (function.body.predicate) convert_condition(function.body.predicate);
        convert_block(*function.body.body, nullptr);
    }
}

void Converter::to(ExprPtr& e, const Type& wanted) {
    const Type target = settled(wanted);
    if (target.kind == TypeKind::none || e->type.kind == TypeKind::none) return;
    if (e->type == target) {
        e->type.flexible = false;
        if (target.kind == TypeKind::tuple || target.kind == TypeKind::record) e->type = target;
        if (e->kind == ExprKind::integer && target.is_integer()) retype_integer(as<IntegerExpr>(*e), target);
        return;
    }
    if (auto* literal = as_if<IntegerExpr>(e.get(), ExprKind::integer)) {
        if (target.is_integer() || target.kind == TypeKind::enumeration) return retype_integer(*literal, target);
        if (target.kind == TypeKind::boolean) {
            e = make_boolean(e->span, literal->value != 0);
            return;
        }
        retype_integer(*literal, Type::integer(8, false));
    }
    if (auto* literal = as_if<BooleanExpr>(e.get(), ExprKind::boolean); literal && target.is_integer()) {
        e = make_integer(e->span, literal->value, target);
        return;
    }
    if (e->kind == ExprKind::string && target.is_string()) {
        e->type = target;
        return;
    }
    if (auto* tuple = as_if<TupleExpr>(e.get(), ExprKind::tuple); tuple && target.kind == TypeKind::tuple) {
        for (size_t i = 0; i < tuple->elements.size(); ++i) to(tuple->elements[i], *(*target.members)[i].type);
        e->type = target;
        return;
    }
    if (auto* record = as_if<RecordExpr>(e.get(), ExprKind::record); record && target.kind == TypeKind::record) {
        // Evaluated as written, laid out as the target says.
        for (auto& member : record->members)
            for (const Member& m : *target.members)
                if (m.name == member.name) to(member.value, *m.type);
        e->type = target;
        return;
    }
    wrap(e, target);
}

void Converter::to_key(int index, ExprPtr& key) {
    convert(key);
    to(key, map(index).key);
}

void Converter::convert_condition(ExprPtr& e) {
    convert(e);
    to(e, Type::boolean());
}

void Converter::convert_block(Block& block, const Type* value) {
    for (auto& statement : block.statements) convert_statement(*statement);
    if (!block.value) return;
    convert(block.value);
    if (value) to(block.value, *value);
}

Type Converter::target_type(const Expr& target) {
    if (const auto* v = as_if<const VariableExpr>(&target, ExprKind::variable))
        return function_->body.variables[static_cast<size_t>(v->variable)].type;
    if (const auto* m = as_if<const MapExpr>(&target, ExprKind::map)) return map(m->map).value;
    return map(as<const MapElementExpr>(target).map).value;
}

void Converter::convert_assign(AssignStmt& s) {
    if (auto* element = as_if<MapElementExpr>(s.target.get(), ExprKind::map_element))
        to_key(element->map, element->key);
    const Type target = target_type(*s.target);
    s.target->type = target;
    convert(s.value);
    auto* call = as_if<CallExpr>(s.value.get(), ExprKind::call);
    if (!call || !(builtin_info(call->builtin).flags & builtin_aggregate)) return to(s.value, target);
    if (call->args.empty()) return;
    call->args.resize(1);  // the others are parameters of the map
    to(call->args[0], target);
}

void Converter::convert_statement(Stmt& stmt) {
    visit(stmt, Cases{
                    [](Stmt&) {},
                    [&](LetStmt& s) {
                        if (!s.value) return;
                        convert(s.value);
                        to(s.value, function_->body.variables[static_cast<size_t>(s.variable)].type);
                    },
                    [&](AssignStmt& s) { convert_assign(s); },
                    [&](DiscardStmt& s) { convert(s.value); },
                    [&](ExprStmt& s) { convert(s.value); },
                    [&](ForMapStmt& s) { convert_block(*s.body, nullptr); },
                    [&](ForRangeStmt& s) {
                        const Type type = function_->body.variables[static_cast<size_t>(s.variable)].type;
                        convert(s.low);
                        convert(s.high);
                        to(s.low, type);
                        to(s.high, type);
                        convert_block(*s.body, nullptr);
                    },
                    [&](WhileStmt& s) {
                        convert_condition(s.condition);
                        convert_block(*s.body, nullptr);
                    },
                    [&](UnrollStmt& s) {
                        convert(s.count);
                        to(s.count, int64);
                        convert_block(*s.body, nullptr);
                    },
                    [&](ReturnStmt& s) {
                        if (!s.value) return;
                        convert(s.value);
                        to(s.value, int64);
                    },
                });
}

void Converter::convert(ExprPtr& owner) {
    Expr& expr = *owner;
    visit(
        expr,
        Cases{
            [](Expr&) {},
            [](IntegerExpr& e) { retype_integer(e, settled(e.type)); },
            [&](CallExpr& e) { convert_call(owner, e); },
            [&](MapExpr& e) {
                if (e.type.kind != TypeKind::aggregate) return;
                e.type = is_castable_aggregate(e.type) ? decayed(e.type) : stats_record(map(e.map).value.is_signed);
            },
            [&](MapElementExpr& e) {
                to_key(e.map, e.key);
                if (e.type.kind != TypeKind::aggregate) return;
                e.type = is_castable_aggregate(e.type) ? decayed(e.type) : stats_record(map(e.map).value.is_signed);
            },
            [&](UnaryExpr& e) { convert_unary(owner, e); },
            [&](BinaryExpr& e) { convert_binary(e); },
            [&](TernaryExpr& e) {
                convert_condition(e.condition);
                convert(e.then);
                convert(e.otherwise);
                e.type = e.type.kind == TypeKind::void_ ? Type() : settled(e.type);
                to(e.then, e.type);
                to(e.otherwise, e.type);
            },
            [&](CastExpr& e) {
                convert(e.operand);
                if (e.type.kind == TypeKind::none || e.operand->kind == ExprKind::string) return;
                // A literal takes the type itself, and a cast to the same type is nothing.
                if (e.operand->kind == ExprKind::integer || e.operand->type == e.type) {
                    const Type target = e.type;
                    owner = std::move(e.operand);
                    to(owner, target);
                    owner->type.space = target.space;
                    owner->type.is_context = target.is_context;
                }
            },
            [&](FieldExpr& e) { convert_field(e); },
            [&](TupleFieldExpr& e) {
                convert(e.object);
                e.type = settled(e.type);
            },
            [&](IndexExpr& e) { convert_index(e); },
            [&](TupleExpr& e) {
                std::vector<Type> elements;
                for (auto& element : e.elements) {
                    convert(element);
                    elements.push_back(element->type);
                }
                e.type = Type::tuple(elements);
            },
            [&](RecordExpr& e) {
                std::vector<std::pair<std::string, Type>> elements;
                for (auto& member : e.members) {
                    convert(member.value);
                    elements.emplace_back(member.name, member.value->type);
                }
                e.type = Type::record(elements);
            },
            [&](IfExpr& e) { convert_if(owner, e); },
            [&](BlockExpr& e) {
                convert_block(*e.block, nullptr);
                e.type = e.block->value ? e.block->value->type : Type();
            },
            [&](SizeofExpr& e) { owner = make_integer(e.span, e.size, settled(e.type)); },
            [&](TypeinfoExpr& e) {
                auto record = std::make_unique<RecordExpr>(e.span);
                const auto text = [&](const std::string& value) {
                    auto string = std::make_unique<StringExpr>(e.span, value);
                    string->type = Type::string(value.size() + 1);
                    return string;
                };
                record->members.push_back({"btf_id", e.span, make_integer(e.span, e.btf_id, Type::integer(8, false))});
                record->members.push_back({"base_type", e.span, text(e.base_type)});
                record->members.push_back({"full_type", e.span, text(e.full_type)});
                record->type = e.type;
                owner = std::move(record);
            },
            [&](OffsetofExpr& e) { owner = make_integer(e.span, e.offset, settled(e.type)); },
            [&](ComptimeExpr& e) {
                ExprPtr inner = std::move(e.operand);
                owner = std::move(inner);
                convert(owner);
            },
        });
}

void Converter::convert_if(ExprPtr& owner, IfExpr& e) {
    if (e.chosen >= 0) {
        std::unique_ptr<Block> arm = std::move(e.chosen ? e.then : e.otherwise);
        if (!arm) arm = std::make_unique<Block>();
        auto taken = std::make_unique<BlockExpr>(e.span, std::move(arm));
        taken->type = e.type;
        owner = std::move(taken);
        return convert(owner);
    }
    convert_condition(e.condition);
    const bool has_value = e.then->value && e.otherwise && e.otherwise->value;
    e.type = e.type.kind == TypeKind::void_ ? Type() : settled(e.type);
    const Type type = e.type;
    convert_block(*e.then, has_value ? &type : nullptr);
    if (e.otherwise) convert_block(*e.otherwise, has_value ? &type : nullptr);
}

void Converter::convert_call(ExprPtr& owner, CallExpr& e) {
    if (e.builtin == Builtin::none) return;
    const BuiltinInfo& info = builtin_info(e.builtin);
    const size_t first = info.flags & builtin_map_first ? 1 : 0;
    if (!(info.flags & builtin_literals))
        for (size_t i = first; i < e.args.size(); ++i) convert(e.args[i]);
    e.type = e.type.kind == TypeKind::void_ ? Type() : settled(e.type);
    if (info.convert) info.convert(*this, owner, e);
}

void Converter::convert_unary(ExprPtr& owner, UnaryExpr& e) {
    if (e.op >= Op::pre_inc) {
        convert(e.operand);
        e.type = e.operand->type = target_type(*e.operand);
        return;
    }
    if (e.op == Op::log_not) return convert_condition(e.operand);
    convert(e.operand);
    if (e.op == Op::neg || e.op == Op::bit_not) {
        const Type wide = settled(e.type), narrow = settled(as_integer(e.operand->type));
        to(e.operand, narrow);
        e.type = narrow;
        return to(owner, wide);
    }
    if (e.op == Op::deref && e.operand->type.is_integer()) {
        const Space own = e.operand->type.space;
        Type pointer = Type::pointer_to(Type::integer(8, false), own == Space::none ? function_->facts.space : own);
        to(e.operand, pointer);
    }
    if (auto* call = as_if<CallExpr>(e.operand.get(), ExprKind::call);
        call && call->builtin == Builtin::args && e.op == Op::deref) {
        ExprPtr inner = std::move(e.operand);
        owner = std::move(inner);
    }
}

void Converter::convert_binary(BinaryExpr& e) {
    if (e.op == Op::log_and || e.op == Op::log_or) {
        convert_condition(e.left);
        convert_condition(e.right);
        return;
    }
    const Type left = decayed(e.left->type), right = decayed(e.right->type);  // literals are flexible until converted
    convert(e.left);
    convert(e.right);
    if (is_comparison(e.op)) return convert_comparison(e, left, right);
    e.type = settled(e.type);
    if (e.type.is_pointer()) {
        to(e.left->type.is_pointer() ? e.right : e.left, int64);
        return;
    }
    // Each side is first extended by its own sign; the cast does that.
    to(e.left, e.type);
    to(e.right, e.type);
}

void Converter::convert_comparison(BinaryExpr& e, const Type& a, const Type& b) {
    if (a.kind == TypeKind::none || b.kind == TypeKind::none) return;
    Type common;
    if (a.is_pointer() || b.is_pointer())
        common = a.is_pointer() ? a : b;
    else if (a.is_string())
        return;
    else if (a.kind == TypeKind::boolean && b.kind == TypeKind::boolean)
        common = a;
    else if (is_number(a) && is_number(b))
        common = *promote(as_integer(a), as_integer(b));
    else if (auto merged = promote(a, b))
        common = *merged;
    to(e.left, common);
    to(e.right, common);
}

void Converter::convert_field(FieldExpr& e) {
    if (e.arg >= 0) {  // `(*args).x` is `args.x`
        if (auto* deref = as_if<UnaryExpr>(e.object.get(), ExprKind::unary)) {
            ExprPtr inner = std::move(deref->operand);
            e.object = std::move(inner);
        }
        return;
    }
    convert(e.object);
    while (e.object->type.is_pointer() && e.object->type.element && e.object->type.element->is_pointer()) {
        const Type type = reached_through(e.object->type, *e.object->type.element);
        e.object = std::make_unique<UnaryExpr>(e.object->span, Op::deref, std::move(e.object));
        e.object->type = type;
    }
    if (e.object->type.kind == TypeKind::record)
        for (const Member& m : *e.object->type.members)
            if (m.name == e.name) {
                e.member = m;
                e.type = *m.type;
            }
    e.type = settled(e.type);
}

void Converter::convert_index(IndexExpr& e) {
    convert(e.object);
    convert(e.index);
    const Type& index = e.index->type;
    if (e.object->type.kind != TypeKind::tuple)
        to(e.index, Type::integer(8, index.kind == TypeKind::boolean ? false : index.is_signed));
    e.type = settled(e.type);
}

}  // namespace avocet::dsl
