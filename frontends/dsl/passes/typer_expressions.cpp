// SPDX-License-Identifier: Apache-2.0
//
// Types of expressions, operators above all.
#include <algorithm>

#include "passes/typer.hpp"

namespace avocet::dsl {

const char* op_text(Op op) {
    static constexpr const char* texts[] = {"+",  "-",  "*",  "/", "%", "&",  "|",  "^",  "<<",
                                            ">>", "==", "!=", "<", ">", "<=", ">=", "&&", "||",
                                            "-",  "~",  "!",  "*", "&", "++", "--", "++", "--"};
    return texts[static_cast<size_t>(op)];
}

bool is_comparison(Op op) { return op >= Op::eq && op <= Op::ge; }

namespace {

// What folding before types could not see: operators over sizeof and offsetof.
std::optional<int64_t> evaluate(const BinaryExpr& e) {
    const std::string *left_text = literal_string(*e.left), *right_text = literal_string(*e.right);
    if (left_text && right_text && (e.op == Op::eq || e.op == Op::ne))
        return (*left_text == *right_text) == (e.op == Op::eq);
    const auto left = literal_int(*e.left), right = literal_int(*e.right);
    if (e.op == Op::log_and && left && right) return *left && *right;
    if (e.op == Op::log_or && left && right) return *left || *right;
    if (!left || !right) return std::nullopt;
    const auto a = static_cast<uint64_t>(*left), b = static_cast<uint64_t>(*right);
    switch (e.op) {
        case Op::add: return static_cast<int64_t>(a + b);
        case Op::sub: return static_cast<int64_t>(a - b);
        case Op::mul: return static_cast<int64_t>(a * b);
        case Op::div: return b ? std::optional(static_cast<int64_t>(a / b)) : std::nullopt;
        case Op::mod: return b ? std::optional(static_cast<int64_t>(a % b)) : std::nullopt;
        case Op::eq: return a == b;
        case Op::ne: return a != b;
        case Op::lt: return *left < *right;
        case Op::gt: return *left > *right;
        case Op::le: return *left <= *right;
        case Op::ge: return *left >= *right;
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<int64_t> literal_int(const Expr& expr) {
    if (const auto* e = as_if<const SizeofExpr>(&expr, ExprKind::sizeof_)) return static_cast<int64_t>(e->size);
    if (const auto* e = as_if<const OffsetofExpr>(&expr, ExprKind::offsetof_)) return static_cast<int64_t>(e->offset);
    if (const auto* e = as_if<const BinaryExpr>(&expr, ExprKind::binary)) return evaluate(*e);
    if (const auto* e = as_if<const IntegerExpr>(&expr, ExprKind::integer)) return static_cast<int64_t>(e->value);
    if (const auto* e = as_if<const BooleanExpr>(&expr, ExprKind::boolean)) return e->value;
    if (const auto* e = as_if<const ComptimeExpr>(&expr, ExprKind::comptime)) return literal_int(*e->operand);
    if (const auto* e = as_if<const UnaryExpr>(&expr, ExprKind::unary); e && e->op == Op::log_not) {
        const auto operand = literal_int(*e->operand);
        return operand ? std::optional<int64_t>(*operand == 0) : std::nullopt;
    }
    if (const auto* e = as_if<const CallExpr>(&expr, ExprKind::call); e && e->builtin != Builtin::none)
        if ((builtin_info(e->builtin).flags & builtin_constant) && e->type.kind == TypeKind::boolean)
            return static_cast<int64_t>(e->number);
    return std::nullopt;
}

const std::string* literal_string(const Expr& expr) {
    if (const auto* e = as_if<const StringExpr>(&expr, ExprKind::string)) return &e->value;
    const auto* field = as_if<const FieldExpr>(&expr, ExprKind::field);
    const auto* info = field ? as_if<const TypeinfoExpr>(field->object.get(), ExprKind::typeinfo) : nullptr;
    if (!info || info->full_type.empty()) return nullptr;
    return field->name == "base_type" ? &info->base_type : field->name == "full_type" ? &info->full_type : nullptr;
}

Type Typer::infer(Expr& expr) {
    const size_t refusals_before = refusals_;
    Type type = visit(
        expr, Cases{
                  [&](Expr& e) {
                      error(e.span, "this expression cannot be used here");
                      return Type();
                  },
                  [](IntegerExpr& e) {
                      return e.type.kind == TypeKind::enumeration ? e.type : literal_type(e.value, e.negative);
                  },
                  [](StringExpr& e) { return Type::string(e.value.size() + 1); },
                  [](BooleanExpr&) { return Type::boolean(); },
                  [](IdentifierExpr&) { return Type::refusal(); },  // by resolve_names
                  [&](CallExpr& e) { return type_call(e); },
                  [&](VariableExpr& e) {
                      return e.variable < 0 ? Type::refusal()
                                            : settled(function_->body.variables[static_cast<size_t>(e.variable)].type);
                  },
                  [&](MapExpr& e) { return type_map(e.map, e.span); },
                  [&](MapElementExpr& e) {
                      use_key(e.map, *e.key);
                      return type_map(e.map, e.span);
                  },
                  [&](UnaryExpr& e) { return type_unary(e); },
                  [&](BinaryExpr& e) { return type_binary(e); },
                  [&](TernaryExpr& e) { return type_ternary(e); },
                  [&](CastExpr& e) { return type_cast(e); },
                  [&](FieldExpr& e) { return type_field(e); },
                  [&](TupleFieldExpr& e) { return type_tuple_field(e); },
                  [&](IndexExpr& e) { return type_index(e); },
                  [&](TupleExpr& e) {
                      std::vector<Type> elements;
                      bool known = true;
                      for (auto& element : e.elements) {
                          elements.push_back(decayed(infer(*element)));
                          const Type& t = elements.back();
                          if (t.kind == TypeKind::aggregate)
                              error(element->span, "a value of type '" + t.name + "' cannot be inside a tuple");
                          known = known && t.kind != TypeKind::none && t.kind != TypeKind::void_;
                      }
                      return known ? Type::tuple(elements) : Type();
                  },
                  [&](RecordExpr& e) {
                      std::vector<std::pair<std::string, Type>> elements;
                      bool known = true;
                      for (auto& member : e.members) {
                          elements.emplace_back(member.name, decayed(infer(*member.value)));
                          const Type& t = elements.back().second;
                          if (t.kind == TypeKind::aggregate)
                              error(member.value->span, "a value of type '" + t.name + "' cannot be inside a record");
                          known = known && t.kind != TypeKind::none && t.kind != TypeKind::void_;
                      }
                      return known ? Type::record(elements) : Type();
                  },
                  [&](IfExpr& e) { return type_if(e); },
                  [&](BlockExpr& e) { return type_block(*e.block); },
                  [&](SizeofExpr& e) { return type_sizeof(e); },
                  [&](OffsetofExpr& e) { return type_offsetof(e); },
                  [&](TypeinfoExpr& e) { return type_typeinfo(e); },
                  [&](ComptimeExpr& e) { return type_comptime(e); },
                  [&](TypeArgExpr& e) {
                      error(e.span, "typeof() is a type: it fits where a type may stand, and as a macro's argument");
                      return Type();
                  },
                  [](EmptyTupleExpr&) { return Type::tuple({}); },
              });
    // Without a type in the end: because of itself or of something below.
    if (type.kind == TypeKind::none && refusals_ != refusals_before) type.refused = true;
    if (type.refused) ++refusals_;
    expr.type = type;
    return type;
}

Type Typer::type_call(CallExpr& e) {
    if (e.builtin == Builtin::none) {
        for (auto& arg : e.args)
            if (arg->kind != ExprKind::type_arg) infer(*arg);
        return Type::refusal();
    }
    const BuiltinInfo& info = builtin_info(e.builtin);
    const bool misplaced = (info.flags & builtin_aggregate) && &e != aggregate_place_;
    aggregate_place_ = nullptr;
    const size_t first = info.flags & builtin_map_first ? 1 : 0;
    if (!(info.flags & builtin_literals))
        for (size_t i = first; i < e.args.size(); ++i) infer(*e.args[i]);
    if (misplaced) {
        const auto* map = e.args.empty() ? nullptr : as_if<MapExpr>(e.args[0].get(), ExprKind::map);
        const std::string of = info.max_args == 0 ? "()" : "(...)";
        error(e.span, e.name + "(): its value can only be assigned to a map")
            .with_hint((map ? "write " + map->name : "e.g. @" + e.name) + " = " + e.name + of);
        return {};
    }
    const int count = static_cast<int>(e.args.size());
    if (count < info.min_args || (info.max_args >= 0 && count > info.max_args)) {
        const std::string name = e.name + "()";
        const std::string given = " (" + std::to_string(count) + " given)";
        std::string wants;
        if (info.min_args == info.max_args)
            wants = info.max_args == 0   ? "no arguments"
                    : info.max_args == 1 ? "one argument"
                                         : std::to_string(info.max_args) + " arguments";
        else if (count < info.min_args)
            wants = "at least " +
                    (info.min_args == 1 ? std::string("one argument") : std::to_string(info.min_args) + " arguments");
        else
            wants = "at most " +
                    (info.max_args == 1 ? std::string("one argument") : std::to_string(info.max_args) + " arguments");
        error(e.span, name + ": takes " + wants + given);
        return {};
    }
    const Type type = info.infer(*this, e);
    return info.flags & builtin_void ? Type::simple(TypeKind::void_) : type;
}

Type Typer::type_map(int index, const Span&) {
    if (index < 0) return Type::refusal();
    const MapInfo& map = unit_.script.maps[static_cast<size_t>(index)];
    if (map.value.refused) return map.value;
    static constexpr const char* names[] = {"",      "count_t", "sum_t",  "min_t",   "max_t",
                                            "avg_t", "stats_t", "hist_t", "lhist_t", "tseries_t"};
    if (map.aggregate == Aggregate::none) return settled(map.value);
    Type type = Type::simple(TypeKind::aggregate);
    type.size = 8;
    type.is_signed = map.value.is_signed;
    const bool has_unsigned_name = map.aggregate >= Aggregate::sum && map.aggregate <= Aggregate::stats;
    type.name =
        (has_unsigned_name && !type.is_signed ? "u" : "") + std::string(names[static_cast<size_t>(map.aggregate)]);
    return type;
}

Type Typer::type_unary(UnaryExpr& e) {
    if (e.op >= Op::pre_inc) return type_increment(e);
    const Type operand = decayed(infer(*e.operand));
    if (operand.kind == TypeKind::none) return {};
    const auto refuse = [&] {
        error(e.span,
              std::string("operator '") + op_text(e.op) + "': cannot be applied to '" + operand.spelling() + "'");
        return Type();
    };
    switch (e.op) {
        case Op::neg:
        case Op::bit_not: {
            if (!is_number(operand)) return refuse();
            const Type number = as_integer(operand);
            return Type::integer(8, number.is_signed);
        }
        case Op::log_not: return is_number(operand) ? Type::boolean() : refuse();
        case Op::deref: return type_dereference(e, operand);
        case Op::address_of: {
            if (auto* v = as_if<VariableExpr>(e.operand.get(), ExprKind::variable); v && v->variable >= 0)
                function_->body.variables[static_cast<size_t>(v->variable)].address_taken = true;
            return Type::pointer_to(operand, Space::kernel);
        }
        default: return refuse();
    }
}

Type Typer::type_increment(UnaryExpr& e) {
    Type operand = decayed(infer(*e.operand));
    const bool down = e.op == Op::pre_dec || e.op == Op::post_dec;
    if (operand.refused) return operand;
    if (operand.kind == TypeKind::none) operand = Type::integer(1, true);
    if (operand.is_pointer()) return operand;
    if (e.operand->type.kind == TypeKind::aggregate ||
        !(operand.is_integer() || operand.kind == TypeKind::enumeration)) {
        error(e.span, std::string("operator '") + op_text(e.op) + "': cannot be applied to '" +
                          e.operand->type.spelling() + "'");
        return {};
    }
    Type result = Type::integer(8, down || operand.is_signed);
    auto* v = as_if<VariableExpr>(e.operand.get(), ExprKind::variable);
    if (v && v->variable >= 0 && function_->body.variables[static_cast<size_t>(v->variable)].fixed_type) return operand;
    // The operand is not inferred again: nested ones would double the work with each level.
    Type after;
    if (v && v->variable >= 0) {
        assign_variable(v->variable, result, nullptr, e.span);
        after = settled(function_->body.variables[static_cast<size_t>(v->variable)].type);
    } else {
        const auto* element = as_if<MapElementExpr>(e.operand.get(), ExprKind::map_element);
        const auto* whole = as_if<MapExpr>(e.operand.get(), ExprKind::map);
        const int map = element ? element->map : whole ? whole->map : -1;
        if (map < 0) return {};
        assign_map(map, result, nullptr, e.span);
        after = type_map(map, e.span);
    }
    e.operand->type = after;
    return after.is_integer() ? after : result;
}

Type reached_through(const Type& pointer, const Type& element) {
    Type type = element;
    const bool place = type.kind == TypeKind::c_struct || type.kind == TypeKind::array ||
                       type.kind == TypeKind::string || type.is_pointer();
    if (place && type.space == Space::none) type.space = pointer.space;
    if (type.kind == TypeKind::c_struct || type.kind == TypeKind::array) type.is_context = pointer.is_context;
    return type;
}

Type Typer::type_dereference(UnaryExpr& e, const Type& operand) {
    if (auto* call = as_if<CallExpr>(e.operand.get(), ExprKind::call); call && call->builtin == Builtin::args)
        return operand;
    if (operand.is_integer()) return Type::integer(8, false);
    if (!operand.is_pointer()) {
        error(e.span, "operator '*': cannot be applied to '" + operand.spelling() + "'")
            .with_hint("only pointers and integers can be dereferenced");
        return {};
    }
    if (!operand.element) {
        error(e.span, "operator '*': '" + operand.spelling() + "' points to nothing of a known size")
            .with_hint("cast it first, e.g. *(uint64 *)p");
        return {};
    }
    return reached_through(operand, *operand.element);
}

Type Typer::operand_error(const BinaryExpr& e, const Type& left, const Type& right) {
    auto& message = error(e.span, std::string("operator '") + op_text(e.op) + "': cannot be applied to '" +
                                      left.spelling() + "' and '" + right.spelling() + "'");
    if (!left.is_string() && !right.is_string()) return {};
    if (is_comparison(e.op))
        message.with_hint("texts are compared with == and !=");
    else if (e.op == Op::add)
        message.with_hint("texts are not joined; several values are written by printf(\"%s %d\", ...)");
    return {};
}

Type Typer::type_binary(BinaryExpr& e) {
    const Type left = infer(*e.left), right = infer(*e.right);
    if (left.kind == TypeKind::void_ || right.kind == TypeKind::void_) return operand_error(e, left, right);
    if (left.kind == TypeKind::none || right.kind == TypeKind::none)
        return is_comparison(e.op) ? Type::boolean() : Type();
    if (e.op == Op::log_and || e.op == Op::log_or) {
        check_condition(*e.left);
        check_condition(*e.right);
        return Type::boolean();
    }
    if (is_comparison(e.op)) return type_comparison(e, left, right);
    if (left.is_pointer() || right.is_pointer()) return type_pointer_arithmetic(e, left, right);
    if (!is_number(left) || !is_number(right)) return operand_error(e, left, right);
    return type_arithmetic(e, left, right);
}

Type Typer::type_arithmetic(BinaryExpr& e, const Type& left, const Type& right) {
    const bool bools = left.kind == TypeKind::boolean && right.kind == TypeKind::boolean;
    if (bools && (e.op == Op::bit_and || e.op == Op::bit_or || e.op == Op::bit_xor)) return Type::boolean();
    Type result = arithmetic_type(left, right);
    if (e.op == Op::sub) result.is_signed = true;
    const Type a = as_integer(left), b = as_integer(right);
    if ((e.op == Op::div || e.op == Op::mod) && !a.flexible && !b.flexible && a.is_signed != b.is_signed)
        warning(e.span, std::string("operator '") + op_text(e.op) + "': one side is signed, the other is not")
            .with_hint("cast one side; the result follows 'int64'");
    return result;
}

Type Typer::type_pointer_arithmetic(BinaryExpr& e, const Type& left, const Type& right) {
    const bool left_points = left.is_pointer();
    const Type& pointer = left_points ? left : right;
    const Type& other = left_points ? right : left;
    const bool allowed = is_number(other) && (e.op == Op::add || (e.op == Op::sub && left_points));
    if (!allowed) return operand_error(e, left, right);
    Type result = pointer;
    result.is_context = false;
    return result;
}

Type Typer::type_comparison(BinaryExpr& e, const Type& left, const Type& right) {
    const Type a = decayed(left), b = decayed(right);
    if (is_number(a) && is_number(b)) return Type::boolean();
    if (a.is_pointer() && b.is_pointer()) {
        if (a.element && b.element && a.element->spelling() != b.element->spelling())
            warning(e.span,
                    "comparison of distinct pointer types: " + a.element->spelling() + ", " + b.element->spelling());
        return Type::boolean();
    }
    if ((a.is_pointer() && b.is_integer()) || (a.is_integer() && b.is_pointer())) return Type::boolean();
    const bool equality = e.op == Op::eq || e.op == Op::ne;
    const bool comparable = a.kind != TypeKind::aggregate && a.kind != TypeKind::c_struct && a.kind != TypeKind::void_;
    if (a.kind != b.kind || !comparable || !promote(a, b)) {
        auto& message = error(e.span, std::string("operator '") + op_text(e.op) + "': cannot compare '" + a.spelling() +
                                          "' with '" + b.spelling() + "'");
        const Expr& text = a.is_string() ? *e.left : *e.right;
        const Expr& other = a.is_string() ? *e.right : *e.left;
        if (other.type.is_pointer() && text.type.is_string())
            message.with_hint("str() reads the text behind a pointer");
        else if (const std::string* literal = literal_string(text); literal && is_number(other.type))
            message.with_hint("'" + other.type.spelling() + "' is a number: numbers stand without quotes");
        else if (other.kind == ExprKind::integer && text.type.is_string())
            message.with_hint("text stands in double quotes");
        return Type::boolean();
    }
    if (!equality) operand_error(e, a, b);
    return Type::boolean();
}

Type Typer::merge_arms(const Span& span, const Type& a, const Type& b) {
    const Type x = decayed(a), y = decayed(b);
    if (x.refused || y.refused) return Type::refusal();
    const auto merged = promote(x, y);
    if (merged) return *merged;
    error(span, "the two branches have different types: '" + x.spelling() + "' and '" + y.spelling() + "'");
    return {};
}

Type Typer::type_ternary(TernaryExpr& e) {
    infer(*e.condition);
    check_condition(*e.condition);
    return merge_arms(e.span, infer(*e.then), infer(*e.otherwise));
}

Type Typer::type_sizeof(SizeofExpr& e) {
    const Type type = type_of(e.operand);
    const bool is_stack = type.kind == TypeKind::kstack || type.kind == TypeKind::ustack;
    // In program memory a stack is its id; its size is that of the frames it stands for.
    e.size = is_stack ? type.limit * 8ull + (type.kind == TypeKind::ustack ? 16 : 8) : type.size;
    return type.kind == TypeKind::none ? Type() : literal_type(e.size, false);
}

Type Typer::type_typeinfo(TypeinfoExpr& e) {
    use_unstable("typeinfo", e.span);
    const Type type = settled(decayed(type_of(e.operand)));
    if (type.kind == TypeKind::none) return {};
    e.base_type = type.class_name();
    e.full_type = type.spelling();
    e.btf_id = unit_.structs.kernel_type_id(type);
    return Type::record({{"btf_id", Type::integer(8, false)},
                         {"base_type", Type::string(e.base_type.size() + 1)},
                         {"full_type", Type::string(e.full_type.size() + 1)}});
}

// What may still change: refused, or said once, as the configuration wants it.
void Typer::use_unstable(const std::string& feature, const Span& span) {
    const std::string key = "unstable_" + feature;
    const auto state = unit_.settings.unstable.find(key);
    if (state == unit_.settings.unstable.end() || state->second == "enable") return;
    if (state->second == "error") {
        error(span, feature + ": not enabled by default, its form may still change")
            .with_hint("config = { " + key + " = enable } allows it");
    } else if (reporting_ && warned_unstable_.insert(feature).second) {
        unit_.diagnostics->warning({}, "the script uses an unstable feature: " + feature)
            .with_hint("config = { " + key + " = enable } says that this is known");
    }
}

Type Typer::type_of(TypeOrExpr& operand) {
    if (operand.type) return resolve_type(*operand.type);
    // As with typeof(@m): the keys of a map that has them. It is not read.
    if (const auto* map = as_if<MapExpr>(operand.expr.get(), ExprKind::map);
        map && map->map >= 0 && unit_.script.maps[static_cast<size_t>(map->map)].keyed)
        return unit_.script.maps[static_cast<size_t>(map->map)].key;
    return infer(*operand.expr);
}

}  // namespace avocet::dsl
