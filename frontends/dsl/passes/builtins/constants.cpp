// SPDX-License-Identifier: Apache-2.0
//
// Questions answered at compile time: nothing of them is left in the tree.
#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

template <bool (*Answer)(const Expr&)>
Type infer_question(Typer&, CallExpr& e) {
    e.number = Answer(*e.args[0]);
    return Type::boolean();
}

bool is_string(const Expr& e) { return e.type.is_string(); }
bool is_pointer(const Expr& e) { return e.type.is_pointer(); }
bool is_array(const Expr& e) { return e.type.kind == TypeKind::array; }
bool is_integer(const Expr& e) { return e.type.is_integer(); }
bool is_unsigned(const Expr& e) { return e.type.is_integer() && (!e.type.is_signed || e.type.flexible); }
bool is_literal(const Expr& e) { return literal_int(e) || literal_string(e); }

void convert_question(Converter&, ExprPtr& owner, CallExpr& e) {
    auto answer = std::make_unique<BooleanExpr>(e.span, e.number != 0);
    answer->type = Type::boolean();
    owner = std::move(answer);
}

Type infer_static_assert(Typer& t, CallExpr& e) {
    const std::string* text = literal_string(*e.args[1]);
    const auto truth = literal_int(*e.args[0]);
    if (!truth && t.is_refused(*e.args[0])) return {};
    if (!truth)
        t.error(e.args[0]->span, "static_assert(): the condition is not known at compile time");
    else if (*truth == 0)
        t.error(e.span, text ? *text : "static assertion failed");
    return {};
}

// Reached by compilation is enough: the text is an error.
Type infer_fail(Typer& t, CallExpr& e) {
    const std::string* format = literal_string(*e.args[0]);
    std::string text = format ? *format : "fail() takes a literal text";
    for (size_t i = 1; i < e.args.size(); ++i) {
        const std::string* string = literal_string(*e.args[i]);
        const auto number = literal_int(*e.args[i]);
        if (!string && !number && t.is_refused(*e.args[i])) return {};
        if (!string && !number) t.error(e.args[i]->span, "fail(): takes literals only");
        const size_t at = text.find('%');
        if (at != std::string::npos) text.replace(at, 2, string ? *string : std::to_string(number.value_or(0)));
    }
    t.error(e.span, text);
    return {};
}

Type infer_default_length(Typer& t, CallExpr& e) {
    e.number = t.unit().settings.max_strlen;
    return Type::integer(8, true);
}
void convert_default_length(Converter&, ExprPtr& owner, CallExpr& e) { owner = make_integer(e.span, e.number, e.type); }

// Both are rewritten by resolve_names; what is left has the wrong number of arguments.
constexpr BuiltinInfo table[] = {
    {"assert", Builtin::assert_, builtin_void, 2, 2, hooks::nothing, nullptr},
    {"config", Builtin::config, builtin_word, 0, 0, hooks::nothing, nullptr},
    {"is_str", Builtin::is_str, builtin_constant, 1, 1, infer_question<is_string>, convert_question},
    {"is_ptr", Builtin::is_ptr, builtin_constant, 1, 1, infer_question<is_pointer>, convert_question},
    {"is_array", Builtin::is_array, builtin_constant, 1, 1, infer_question<is_array>, convert_question},
    {"is_integer", Builtin::is_integer, builtin_constant, 1, 1, infer_question<is_integer>, convert_question},
    {"is_unsigned_integer", Builtin::is_unsigned_integer, builtin_constant, 1, 1, infer_question<is_unsigned>,
     convert_question},
    {"is_literal", Builtin::is_literal, builtin_constant, 1, 1, infer_question<is_literal>, convert_question},
    {"static_assert", Builtin::static_assert_, builtin_void, 2, 2, infer_static_assert, nullptr},
    {"fail", Builtin::fail, builtin_void, 1, -1, infer_fail, nullptr},
    {"default_str_length", Builtin::default_str_length, builtin_word | builtin_constant, 0, 0, infer_default_length,
     convert_default_length},
};

}  // namespace

std::span<const BuiltinInfo> constant_builtins() { return table; }

}  // namespace avocet::dsl
