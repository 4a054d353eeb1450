// SPDX-License-Identifier: Apache-2.0
//
// Types of fields, elements and casts, and of type names.
#include <algorithm>
#include <array>
#include <cctype>

#include "passes/typer.hpp"

namespace avocet::dsl {

namespace {

// Edits (two swapped letters are one) that make `b` of `a`, given up beyond `limit`.
size_t distance(std::string_view a, std::string_view b, size_t limit) {
    const size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (gap > limit) return limit + 1;
    std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

struct TypeWord {
    std::string_view name;
    TypeKind kind;
    uint8_t size;
    bool is_signed;
};
constexpr std::array type_words{
    TypeWord{"bool", TypeKind::boolean, 1, false},        TypeWord{"int8", TypeKind::integer, 1, true},
    TypeWord{"int16", TypeKind::integer, 2, true},        TypeWord{"int32", TypeKind::integer, 4, true},
    TypeWord{"int64", TypeKind::integer, 8, true},        TypeWord{"uint8", TypeKind::integer, 1, false},
    TypeWord{"uint16", TypeKind::integer, 2, false},      TypeWord{"uint32", TypeKind::integer, 4, false},
    TypeWord{"uint64", TypeKind::integer, 8, false},      TypeWord{"void", TypeKind::void_, 0, false},
    TypeWord{"string", TypeKind::string, 0, false},       TypeWord{"buffer", TypeKind::buffer, 0, false},
    TypeWord{"inet", TypeKind::inet, 24, false},          TypeWord{"timestamp", TypeKind::timestamp, 16, false},
    TypeWord{"macaddr_t", TypeKind::mac, 6, false},       TypeWord{"cgroup_path_t", TypeKind::cgroup_path, 8, false},
    TypeWord{"username_t", TypeKind::username, 8, false}, TypeWord{"ksym_t", TypeKind::ksym, 8, false},
    TypeWord{"usym_t", TypeKind::usym, 16, false},        TypeWord{"count_t", TypeKind::aggregate, 8, false},
    TypeWord{"sum_t", TypeKind::aggregate, 8, true},      TypeWord{"min_t", TypeKind::aggregate, 8, true},
    TypeWord{"max_t", TypeKind::aggregate, 8, true},      TypeWord{"avg_t", TypeKind::aggregate, 8, true},
    TypeWord{"stats_t", TypeKind::aggregate, 8, true},    TypeWord{"usum_t", TypeKind::aggregate, 8, false},
    TypeWord{"umin_t", TypeKind::aggregate, 8, false},    TypeWord{"umax_t", TypeKind::aggregate, 8, false},
    TypeWord{"uavg_t", TypeKind::aggregate, 8, false},    TypeWord{"ustats_t", TypeKind::aggregate, 8, false},
};

std::optional<Type> type_word(std::string_view name) {
    for (const TypeWord& word : type_words) {
        if (word.name != name) continue;
        Type type = Type::simple(word.kind);
        type.size = word.size;
        type.is_signed = word.is_signed;
        if (word.kind == TypeKind::aggregate) type.name = std::string(name);
        return type;
    }
    return std::nullopt;
}

// The nearest name, or all of them when they are few.
std::string field_hint(const std::string& wrong, const std::vector<std::string>& names) {
    std::string hint = suggestion(wrong, names);
    if (!hint.empty() || names.empty() || names.size() > 16) return hint;
    hint = "it has";
    for (const std::string& name : names)
        if (!name.empty()) hint += (hint == "it has" ? " " : ", ") + name;
    return hint;
}

// Named by a C definition that could not be read, which has been reported.
bool was_lost(Typer& typer, const std::string& name) {
    return !name.empty() && typer.unit().refused_c_text.find(name) != std::string::npos;
}

// A near name, or how a struct comes to be known.
std::string missing_struct_hint(StructTable& structs, const std::string& name) {
    const std::string near = suggestion(name, structs.struct_names());
    return near.empty() ? "define it in the script, or #include its header" : near;
}

Type base_type(Typer& typer, TypeName& name) {
    StructTable& structs = typer.unit().structs;
    const Space space = typer.facts().space;
    if (was_lost(typer, name.name)) return Type::refusal();
    if (name.tag == "enum") {
        if (auto found = structs.find_enum(name.name, space)) return *found;
        typer.error(name.span, "enum '" + name.name + "': no such type")
            .with_hint(structs.has_kernel_types() ? "" : "this kernel offers no BTF");
        return {};
    }
    if (!name.tag.empty()) {
        const auto of_program = structs.find_user_struct(name.name);
        if (of_program && space == Space::user) return *of_program;
        if (const StructLayout* layout = structs.find_struct(name.name))
            return Type::structure(name.name, layout->size, layout->is_union);
        if (of_program) return *of_program;
        // A pointer to something opaque is fine; using its fields is not, and is reported there.
        const bool pointer = !name.suffixes.empty() && name.suffixes[0].kind == TypeName::Suffix::pointer;
        if (!pointer)
            typer.error(name.span, name.tag + " '" + name.name + "': no such type")
                .with_hint(typer.reporting() ? missing_struct_hint(structs, name.name) : "");
        return pointer ? Type::structure(name.name, 0, name.tag == "union") : Type();
    }
    if (auto word = type_word(name.name)) return *word;
    if (auto found = structs.find_typedef(name.name, space)) return *found;
    auto& message = typer.error(name.span, "type '" + name.name + "': no such type");
    if (!typer.reporting()) return {};
    if (structs.find_struct(name.name)) return message.with_hint("did you mean 'struct " + name.name + "'?"), Type();
    std::vector<std::string> words;
    for (const TypeWord& word : type_words) words.emplace_back(word.name);
    message.with_hint(suggestion(name.name, words));
    return {};
}

Type no_such_number(Typer& typer, const FieldExpr& e, const Type& type) {
    typer.error(e.name_span, "field '" + e.name + "': a '" + (type.name.empty() ? "void" : type.name) +
                                 "', and there are no floating-point values");
    return Type::refusal();
}

}  // namespace

std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates) {
    const size_t limit = std::max<size_t>(1, wrong.size() / 3);
    size_t best = limit + 1;
    std::string_view nearest;
    for (const std::string& candidate : candidates) {
        const size_t d = distance(wrong, candidate, limit);
        const bool closer =
            d < best || (d == best && candidate.size() == wrong.size() && nearest.size() != wrong.size());
        if (closer && d <= limit && d < candidate.size()) {
            best = d;
            nearest = candidate;
        }
    }
    if (nearest.empty())
        for (const std::string& candidate : candidates)
            if (std::equal(wrong.begin(), wrong.end(), candidate.begin(), candidate.end(),
                           [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }))
                nearest = candidate;
    return nearest.empty() ? std::string() : "did you mean '" + std::string(nearest) + "'?";
}

Type Typer::resolve_type(TypeName& name) {
    Type type;
    if (name.typeof_type)
        type = resolve_type(*name.typeof_type);
    else if (auto* map = as_if<MapExpr>(name.typeof_expr.get(), ExprKind::map);
             map && map->map >= 0 && unit_.script.maps[static_cast<size_t>(map->map)].keyed)
        type = settled(unit_.script.maps[static_cast<size_t>(map->map)].key);
    else if (name.typeof_expr)
        type = settled(decayed(infer(*name.typeof_expr)));
    else
        type = base_type(*this, name);
    for (const auto& suffix : name.suffixes) {
        if (type.kind == TypeKind::none) return type;
        switch (suffix.kind) {
            case TypeName::Suffix::pointer: type = Type::pointer_to(type, Space::none); break;
            case TypeName::Suffix::array: type = Type::array_of(type, suffix.count.value_or(0)); break;
            case TypeName::Suffix::sized:
                if (type.is_string())
                    type.size = suffix.count.value_or(0);
                else if (type.kind == TypeKind::buffer)
                    type = Type::buffer(suffix.count.value_or(0));
                break;
        }
    }
    return type;
}

Type Typer::type_field(FieldExpr& e) {
    Expr* object = e.object.get();
    if (auto* deref = as_if<UnaryExpr>(object, ExprKind::unary); deref && deref->op == Op::deref) {
        auto* inner = as_if<CallExpr>(deref->operand.get(), ExprKind::call);
        if (inner && inner->builtin == Builtin::args) object = inner;  // `(*args).x`
    }
    if (auto* call = as_if<CallExpr>(object, ExprKind::call); call && call->builtin == Builtin::args)
        return type_argument_field(e);
    Type type = infer(*e.object);
    if (type.kind == TypeKind::none || was_lost(*this, type.name))
        return type.kind == TypeKind::none ? Type() : Type::refusal();
    while (type.is_pointer() && type.element && type.element->is_pointer()) type = reached_through(type, *type.element);
    if (type.is_pointer() && !type.name.empty()) {
        error(e.name_span, "field '" + e.name + "': the pointer is tagged '" + type.name + "' and cannot be followed");
        return {};
    }
    if (type.is_pointer() && type.element) type = reached_through(type, *type.element);
    if (type.kind == TypeKind::c_struct) return type_struct_field(e, type);
    if (type.kind != TypeKind::record) {
        auto& message = error(e.name_span, "field '" + e.name + "': '" + type.spelling() + "' has no fields");
        if (type.is_integer())
            message.with_hint("if it is an address, a cast says of what: ((struct NAME *)...)->" + e.name);
        return {};
    }
    std::vector<std::string> names;
    for (const Member& m : *type.members) {
        if (m.name == e.name) {
            e.member = m;
            return settled(*m.type);
        }
        names.push_back(m.name);
    }
    error(e.name_span, "field '" + e.name + "': the record has none of this name").with_hint(suggestion(e.name, names));
    return {};
}

Type Typer::type_argument_field(FieldExpr& e) {
    infer(*e.object);
    if (facts().unknown) return Type::refusal();
    if (!(facts().has & AVOCET_HAS_ARGS)) return {};  // reported at `args`
    std::vector<std::string> names;
    for (size_t i = 0; i < facts().args.size(); ++i) {
        const ProbeArg& arg = facts().args[i];
        if (arg.name == e.name && !e.name.empty()) {
            if (arg.type.kind == TypeKind::void_) return no_such_number(*this, e, arg.type);
            if (!arg.readable()) {
                error(e.name_span, "args '" + e.name + "': its value is not to be found here")
                    .with_hint("it is in a vector register, in pieces, or left out by the compiler");
                return Type::refusal();
            }
            e.arg = static_cast<int>(i);
            return arg.type;
        }
        names.push_back(arg.name);
    }
    const std::string probe = facts().targets.empty() ? facts().probetype : facts().targets[0];
    if (e.name.starts_with("common_")) {
        error(e.name_span, "args.'" + e.name + "': the common fields of tracepoints cannot be read");
        return {};
    }
    error(e.name_span, "args '" + e.name + "': no such argument of " + probe).with_hint(field_hint(e.name, names));
    return {};
}

Type Typer::type_struct_field(FieldExpr& e, const Type& object) {
    const StructLayout* layout = unit_.structs.find_struct(object.name);
    if (!layout) {
        error(e.object->span, object.spelling() + ": its fields are not known")
            .with_hint(unit_.structs.has_kernel_types()
                           ? suggestion(shown_type_name(object.name),
                                        reporting_ ? unit_.structs.struct_names() : std::vector<std::string>())
                           : "this kernel offers no BTF");
        return {};
    }
    for (const Member& m : layout->members) {
        if (m.name != e.name) continue;
        e.member = m;
        if (m.type->kind == TypeKind::void_) return no_such_number(*this, e, *m.type);
        return reached_through(object, *m.type);
    }
    std::vector<std::string> names;
    if (reporting_)
        for (const Member& m : layout->members) names.push_back(m.name);
    error(e.name_span, object.spelling() + ": has no field '" + e.name + "'").with_hint(field_hint(e.name, names));
    return {};
}

Type Typer::type_tuple_field(TupleFieldExpr& e) {
    const Type object = infer(*e.object);
    if (object.kind == TypeKind::none) return {};
    if (object.kind != TypeKind::tuple) {
        auto& message =
            error(e.span, "index '." + std::to_string(e.number) + "': '" + object.spelling() + "' is no tuple");
        if (e.object->kind == ExprKind::integer) message.with_hint("there are no fractions; count in smaller units");
        return {};
    }
    if (e.number >= object.members->size()) {
        error(e.span, "index '." + std::to_string(e.number) + "': the tuple has " +
                          std::to_string(object.members->size()) + " elements");
        return {};
    }
    return *(*object.members)[e.number].type;
}

// A literal, also behind casts, as it is after them.
static std::optional<int64_t> known_index(const Expr& e) {
    if (e.kind != ExprKind::cast) return literal_int(e);
    const auto inner = known_index(*static_cast<const CastExpr&>(e).operand);
    if (!inner || !e.type.is_integer() || e.type.size >= 8) return inner;
    const auto unused = static_cast<unsigned>(64 - e.type.size * 8);
    const uint64_t bits = static_cast<uint64_t>(*inner) << unused;
    return e.type.is_signed ? static_cast<int64_t>(bits) >> unused : static_cast<int64_t>(bits >> unused);
}

Type Typer::type_index(IndexExpr& e) {
    const Type object = infer(*e.object), index = decayed(infer(*e.index));
    if (object.kind == TypeKind::none || index.kind == TypeKind::none) return {};
    const auto literal = object.kind == TypeKind::tuple ? literal_int(*e.index) : known_index(*e.index);
    if (object.kind == TypeKind::tuple) {
        if (!literal)
            error(e.index->span, "index: a tuple takes a literal");
        else if (static_cast<uint64_t>(*literal) >= object.members->size())
            error(e.index->span, "index " + std::to_string(*literal) + ": the tuple has " +
                                     std::to_string(object.members->size()) + " elements");
        else
            return *(*object.members)[static_cast<size_t>(*literal)].type;
        return {};
    }
    if (!index.is_integer() && index.kind != TypeKind::enumeration) {
        error(e.index->span, "index: must be an integer, not '" + index.spelling() + "'");
        return {};
    }
    if (literal && *literal < 0 && !(index.is_integer() && !index.is_signed))
        error(e.index->span, "index " + std::to_string(*literal) + ": must not be negative");
    const auto* variable = as_if<VariableExpr>(e.index.get(), ExprKind::variable);  // its own type is settled
    const bool counts_up = variable && variable->variable >= 0 &&
                           function_->body.variables[static_cast<size_t>(variable->variable)].type.flexible;
    if (!literal && index.is_integer() && index.is_signed && !index.flexible && !counts_up)
        error(e.index->span, "index: a value of type '" + index.spelling() + "' may be negative")
            .with_hint("say that it is not: [(uint64)...]");
    const uint64_t count = object.kind == TypeKind::array ? object.count : object.is_string() ? object.size : 0;
    if (literal && count > 0 && static_cast<uint64_t>(*literal) >= count)
        error(e.index->span,
              "index " + std::to_string(*literal) + ": the array has " + std::to_string(count) + " elements");
    if (object.kind == TypeKind::array) return reached_through(object, *object.element);
    if (object.is_string()) return Type::integer(1, true);
    if (object.is_pointer() && object.element && object.element->size > 0)
        return reached_through(object, *object.element);
    if (object.is_pointer())
        error(e.span, "operator '[]': '" + object.spelling() + "' points to nothing of a known size");
    else
        error(e.span, "operator '[]': '" + object.spelling() + "' has no elements");
    return {};
}

Type Typer::type_offsetof(OffsetofExpr& e) {
    Type type = type_of(e.operand);
    uint64_t offset = 0;
    for (const std::string& name : e.path) {
        if (type.kind == TypeKind::none) return {};
        while (type.is_pointer() && type.element) type = Type(*type.element);
        const StructLayout* layout = type.kind == TypeKind::c_struct ? unit_.structs.find_struct(type.name) : nullptr;
        const std::vector<Member>* members = layout                          ? &layout->members
                                             : type.kind == TypeKind::record ? type.members.get()
                                                                             : nullptr;
        const Member* found = nullptr;
        std::vector<std::string> names;
        if (members)
            for (const Member& m : *members) {
                if (m.name == name) found = &m;
                names.push_back(m.name);
            }
        if (!found) {
            error(e.span, "offsetof: '" + type.spelling() + "' has no field '" + name + "'")
                .with_hint(suggestion(name, names));
            return {};
        }
        offset += found->offset;
        type = Type(*found->type);
    }
    e.offset = offset;
    return literal_type(offset, false);
}

bool Typer::castable(const Type& from, Type& to, const CastExpr& e) {
    const bool number = is_number(from);
    const auto bytes_array = [](const Type& t) {
        return t.kind == TypeKind::array && (t.element->is_integer() || t.element->kind == TypeKind::boolean);
    };
    switch (to.kind) {
        case TypeKind::integer:
            return number || from.is_pointer() || (bytes_array(from) && from.size == to.size) ||
                   from.kind == TypeKind::ksym || from.kind == TypeKind::username;
        case TypeKind::boolean: return number || from.is_pointer() || from.is_string();
        case TypeKind::pointer:
            return from.is_integer() || from.is_pointer() || from.kind == TypeKind::enumeration ||
                   from.kind == TypeKind::ksym;
        case TypeKind::enumeration: {
            if (!number) return false;
            const auto literal = literal_int(*e.operand);
            if (!literal || !reporting_) return true;
            const auto values = unit_.structs.enumerators(to.name);
            const bool known =
                std::any_of(values.begin(), values.end(), [&](const auto& v) { return v.second == *literal; });
            if (!known) error(e.span, "enum '" + to.name + "': has no member of value " + std::to_string(*literal));
            return true;
        }
        case TypeKind::string: return from.is_string() && (to.size == 0 || from.size <= to.size);
        case TypeKind::array: {
            if (!bytes_array(to)) return false;
            if (from.is_string()) {
                if (to.count == 0 && to.element->size > 0 && from.size % to.element->size == 0)
                    to = Type::array_of(*to.element, from.size / to.element->size);
                return from.size == to.size;
            }
            if (!number) return false;
            if (to.count == 0)
                to = Type::array_of(*to.element,
                                    std::max<uint64_t>(1, from.size / std::max<uint64_t>(1, to.element->size)));
            return to.size == from.size || (to.size <= 8 && to.size > from.size);
        }
        case TypeKind::username: return from.is_integer();
        default: return from == to;
    }
}

Type Typer::type_cast(CastExpr& e) {
    const Type from = decayed(infer(*e.operand));
    if (!e.target) return e.type;
    Type to = resolve_type(*e.target);
    if (from.kind == TypeKind::none || to.kind == TypeKind::none) return to;
    const Type* pointee = &to;
    while (pointee->is_pointer() && pointee->element) pointee = pointee->element.get();
    const bool named = pointee->kind == TypeKind::c_struct && pointee != &to && !pointee->is_context;
    if (named && pointee->name != "args" && !unit_.structs.find_struct(pointee->name)) {
        error(e.target->span, (pointee->is_union ? "union '" : "struct '") + pointee->name + "': no such type")
            .with_hint(!reporting_                        ? ""
                       : unit_.structs.has_kernel_types() ? missing_struct_hint(unit_.structs, pointee->name)
                                                          : "this kernel offers no BTF");
        return Type::refusal();
    }
    if (!castable(from, to, e)) {
        error(e.span, "cannot cast '" + from.spelling() + "' to '" + to.spelling() + "'");
        return {};
    }
    if (to.is_string() && to.size == 0) to.size = from.size;
    const bool keeps_space = to.is_pointer() || to.is_integer();
    if (keeps_space && to.space == Space::none) to.space = space_of(from);
    if (to.is_pointer() && to.space == Space::none) to.space = facts().space;
    if (to.is_pointer() && from.is_pointer()) to.is_context = from.is_context;
    const bool literal = literal_int(*e.operand).has_value();
    const bool written = e.target->span.end_column != e.span.end_column ||
                         e.target->span.end_line != e.span.end_line;  // not by a rewrite
    if (written && !literal && from == to && e.operand->type.kind != TypeKind::aggregate &&
        e.operand->kind != ExprKind::sizeof_)
        warning(e.span, "unnecessary cast: the expression already has type '" + to.spelling() + "'");
    return to;
}

}  // namespace avocet::dsl
