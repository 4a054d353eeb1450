// SPDX-License-Identifier: Apache-2.0
//
// Strings, bytes and memory.
#include <algorithm>

#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

using hooks::refuse_class;

const Type character = Type::integer(1, true);

bool is_byte_array(const Type& t) { return t.kind == TypeKind::array && t.element->size == 1; }
bool is_string_like(const Type& t) {
    return t.is_string() || is_byte_array(t) || (t.is_pointer() && (!t.element || t.element->size <= 1));
}

// A length that is known now: a literal, also behind casts, as it is after them.
std::optional<int64_t> known_length(const Expr& e) {
    if (e.kind != ExprKind::cast) return literal_int(e);
    auto inner = known_length(*static_cast<const CastExpr&>(e).operand);
    if (!inner || !e.type.is_integer() || e.type.size >= 8) return inner;
    const unsigned unused = static_cast<unsigned>(64 - e.type.size * 8);
    const uint64_t bits = static_cast<uint64_t>(*inner) << unused;
    return e.type.is_signed ? static_cast<int64_t>(bits) >> unused : static_cast<int64_t>(bits >> unused);
}

// ---- str ----
Type infer_str(Typer& t, CallExpr& e) {
    const uint64_t most = t.unit().settings.max_strlen;
    const Type from = decayed(e.args[0]->type);
    if (from.kind == TypeKind::none) return {};
    if (!hooks::is_address(from) && !from.is_string() && !is_byte_array(from))
        return refuse_class(t, e, 0, "a string, an integer or a pointer");
    e.number = most;
    Type type = Type::string(most < 1024 ? most + 1 : most);
    type.maybe_truncated = true;
    if (e.args.size() > 1) {
        if (!t.expect_number(e, 1)) return {};
        if (const auto n = known_length(*e.args[1])) {
            if (*n < 0)
                t.error(e.args[1]->span, "str(): the length must not be negative (" + std::to_string(*n) + " given)");
            else if (static_cast<uint64_t>(*n) > most)
                t.warning(e.args[1]->span,
                          "str(): length " + std::to_string(*n) + " is shortened to " + std::to_string(most))
                    .with_hint("max_strlen sets the limit");
            e.number = static_cast<uint64_t>(std::clamp<int64_t>(*n, 0, static_cast<int64_t>(most)));
            type = Type::string(e.number + 1);
        }
    }
    if (from.is_string() && from.size < type.size) type.size = from.size;
    return type;
}

void convert_str(Converter& c, ExprPtr& owner, CallExpr& e) {
    const bool has_length = e.args.size() > 1;
    if (e.args.size() > 1) {
        if (known_length(*e.args[1]))
            e.args.pop_back();
        else
            c.to(e.args[1], Type::integer(8, false));
    }
    // Nothing to cut: the argument itself (but not a map, which as an argument would stand for all of it).
    if (!has_length && e.args[0]->kind != ExprKind::map && e.args[0]->type == e.type) {
        ExprPtr inner = std::move(e.args[0]);
        owner = std::move(inner);
        return;
    }
    hooks::to_address(c, e.args[0], character);
}

// ---- buf ----
Type infer_buf(Typer& t, CallExpr& e) {
    const uint64_t most = t.unit().settings.max_strlen > 4 ? t.unit().settings.max_strlen - 4 : 4;
    const Type from = decayed(e.args[0]->type);
    if (from.kind == TypeKind::none) return {};
    const bool has_size = from.kind == TypeKind::array || from.is_string();
    if (!hooks::is_address(from) && !has_size) return refuse_class(t, e, 0, "an array, an integer or a pointer");
    e.number = most;
    if (e.args.size() == 1) {
        if (from.kind != TypeKind::array)
            t.error(e.span, "buf(): takes a length for what is not an array (" + from.class_name() + " given)");
        e.number = std::min(from.size, most);
    } else if (!t.expect_number(e, 1)) {
        return {};
    } else if (const auto n = known_length(*e.args[1])) {
        if (*n < 0)
            t.error(e.args[1]->span, "buf(): the length must not be negative (" + std::to_string(*n) + " given)");
        else if (static_cast<uint64_t>(*n) > most)
            t.warning(e.args[1]->span,
                      "buf(): length " + std::to_string(*n) + " is shortened to " + std::to_string(most))
                .with_hint("max_strlen sets the limit");
        e.number = static_cast<uint64_t>(std::clamp<int64_t>(*n, 0, static_cast<int64_t>(most)));
    }
    if (has_size && e.number > from.size) {
        if (known_length(*e.args[1]))
            t.warning(e.args[1]->span, "buf(): length " + std::to_string(e.number) + " is shortened to the " +
                                           std::to_string(from.size) + " bytes there are");
        e.number = from.size;
    }
    return Type::buffer(e.number);
}

void convert_buf(Converter& c, ExprPtr&, CallExpr& e) {
    if (e.args.size() > 1) {
        if (known_length(*e.args[1]))
            e.args.pop_back();
        else
            c.to(e.args[1], Type::integer(8, false));
    }
    hooks::to_address(c, e.args[0], Type::integer(1, false));
}

// ---- comparing and searching ----
bool expect_string(Typer& t, CallExpr& e, size_t index) {
    const Type& type = e.args[index]->type;
    if (type.kind == TypeKind::none || is_string_like(type)) return true;
    t.error(e.args[index]->span, e.name + "(): takes strings (" + type.class_name() + " given)")
        .with_hint("str() reads a string from an address");
    return false;
}

Type infer_strlen(Typer& t, CallExpr& e) {
    expect_string(t, e, 0);
    e.number = t.unit().settings.max_strlen;
    return Type::integer(8, false);
}

// Pointers are read first: search and comparison see strings only.
void read_string(Converter& c, ExprPtr& argument) {
    if (!argument->type.is_pointer() && !is_byte_array(argument->type)) return;
    const uint64_t most = c.unit().settings.max_strlen;
    const Span span = argument->span;
    const uint64_t size = argument->type.is_pointer() ? most : argument->type.size;
    auto call = std::make_unique<CallExpr>(span, "str");
    call->builtin = Builtin::str;
    call->number = size;
    call->type = Type::string(size);
    call->type.maybe_truncated = true;
    call->args.push_back(std::move(argument));
    argument = std::move(call);
}
void convert_two_strings(Converter& c, ExprPtr&, CallExpr& e) {
    read_string(c, e.args[0]);
    read_string(c, e.args[1]);
    e.args.resize(2);
}

Type infer_concat(Typer& t, CallExpr& e) {
    expect_string(t, e, 0);
    expect_string(t, e, 1);
    return Type::string(1024);
}

template <bool Truth>
Type infer_search(Typer& t, CallExpr& e) {
    expect_string(t, e, 0);
    expect_string(t, e, 1);
    return Truth ? Type::boolean() : Type::integer(8, true);
}

Type infer_strncmp(Typer& t, CallExpr& e) {
    expect_string(t, e, 0);
    expect_string(t, e, 1);
    const auto n = literal_int(*e.args[2]);
    if (!t.is_refused(*e.args[2]) && (!n || *n < 0))
        t.error(e.args[2]->span, "strncmp(): the length must be a literal, not negative");
    e.number = n ? static_cast<uint64_t>(*n) : 0;
    return Type::integer(8, false);
}

Type infer_strcap(Typer& t, CallExpr& e) {
    expect_string(t, e, 0);
    return Type::integer(8, false);
}
void convert_strcap(Converter&, ExprPtr& owner, CallExpr& e) {
    const Type type = e.args[0]->type;
    if (!type.is_pointer())
        owner = make_integer(e.span, type.size, Type::integer(8, false));
    else
        e.builtin = Builtin::strlen;
}

Type infer_memcmp(Typer& t, CallExpr& e) {
    for (size_t i = 0; i < 2; ++i) {
        const Type& type = e.args[i]->type;
        if (type.kind != TypeKind::none && !hooks::is_address(type) && type.kind != TypeKind::array &&
            !type.is_string())
            refuse_class(t, e, i, "addresses");
    }
    const auto n = literal_int(*e.args[2]);
    if (!t.is_refused(*e.args[2]) && (!n || *n < 0))
        t.error(e.args[2]->span, "memcmp(): the length must be a literal, not negative");
    e.number = n ? static_cast<uint64_t>(*n) : 0;
    return Type::integer(8, true);
}
void convert_memcmp(Converter& c, ExprPtr&, CallExpr& e) {
    for (size_t i = 0; i < 2; ++i) hooks::to_address(c, e.args[i], Type::integer(1, false));
    e.args.resize(2);
}

// ---- numbers and address spaces ----
Type infer_bswap(Typer& t, CallExpr& e) {
    if (!t.expect_number(e, 0)) return {};
    return Type::integer(as_integer(e.args[0]->type).size, false);
}
void convert_bswap(Converter& c, ExprPtr&, CallExpr& e) { c.to(e.args[0], e.type); }

template <Space Where>
Type infer_space(Typer& t, CallExpr& e) {
    Type type = e.args[0]->type;
    if (type.kind != TypeKind::none && !hooks::is_address(type))
        return refuse_class(t, e, 0, "an integer or a pointer");
    type.space = Where;
    return type;
}
void convert_space(Converter&, ExprPtr& owner, CallExpr& e) {
    const Space space = e.type.space;
    ExprPtr inner = std::move(e.args[0]);
    owner = std::move(inner);
    owner->type.space = space;
}

Type infer_is_err(Typer& t, CallExpr& e) {
    if (e.args[0]->type.kind != TypeKind::none && !hooks::is_address(e.args[0]->type))
        refuse_class(t, e, 0, "an integer or a pointer");
    return Type::boolean();
}

Type infer_number_name(Typer& t, CallExpr& e) {
    if (!t.expect_number(e, 0)) return {};
    Type type = Type::simple(TypeKind::number_name);
    type.name = e.name;
    return type;
}

using namespace hooks;
constexpr BuiltinInfo table[] = {
    {"str", Builtin::str, 0, 1, 2, infer_str, convert_str},
    {"buf", Builtin::buf, 0, 1, 2, infer_buf, convert_buf},
    {"strlen", Builtin::strlen, 0, 1, 1, infer_strlen, nullptr},
    {"strcap", Builtin::strcap, 0, 1, 1, infer_strcap, convert_strcap},
    {"strstr", Builtin::strstr, 0, 2, 2, infer_search<false>, convert_two_strings},
    {"strcontains", Builtin::strcontains, 0, 2, 2, infer_search<true>, convert_two_strings},
    {"strncmp", Builtin::strncmp, 0, 3, 3, infer_strncmp, convert_two_strings},
    {"str_concat", Builtin::str_concat, 0, 2, 2, infer_concat, convert_two_strings},
    {"memcmp", Builtin::memcmp, 0, 3, 3, infer_memcmp, convert_memcmp},
    {"bswap", Builtin::bswap, 0, 1, 1, infer_bswap, convert_bswap},
    {"kptr", Builtin::kptr, 0, 1, 1, infer_space<Space::kernel>, convert_space},
    {"uptr", Builtin::uptr, 0, 1, 1, infer_space<Space::user>, convert_space},
    {"is_err", Builtin::is_err, 0, 1, 1, infer_is_err, first_to_integer<8, false>},
    {"strerror", Builtin::strerror, 0, 1, 1, infer_number_name, first_to_integer<8, true>},
    {"signal_name", Builtin::signal_name, 0, 1, 1, infer_number_name, first_to_integer<8, true>},
    {"syscall_name", Builtin::syscall_name, 0, 1, 1, infer_number_name, first_to_integer<8, true>},
};

}  // namespace

std::span<const BuiltinInfo> string_builtins() { return table; }

}  // namespace avocet::dsl
