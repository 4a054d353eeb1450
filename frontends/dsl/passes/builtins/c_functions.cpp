// SPDX-License-Identifier: Apache-2.0
//
// Functions of imported C programs (load_imports): called like any other, by their prototypes.
#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

const CFunction& function_of(Unit& unit, const CallExpr& e) { return unit.c_functions.at(e.name); }

std::string prototype(const CFunction& f) {
    std::string text = f.name + "(";
    for (size_t i = 0; i < f.params.size(); ++i) text += (i ? ", " : "") + f.params[i].type.spelling();
    return text + ")";
}

void check_argument(Typer& t, const CFunction& f, const CallExpr& e, size_t i) {
    const Type given = decayed(e.args[i]->type);
    const Type& wanted = f.params[i].type;
    if (given.kind == TypeKind::none) return;
    const bool fits =
        wanted.is_pointer() ? given.is_pointer() || given.is_integer() || given.is_aggregate_value() : is_number(given);
    if (!fits) {
        t.error(e.args[i]->span, "function '" + f.name + "': expected " + wanted.spelling() + " for argument '" +
                                     f.params[i].name + "', got " + given.spelling())
            .with_hint("it is " + prototype(f));
        return;
    }
    if (wanted.is_integer() && given.is_integer() && !given.flexible && !literal_int(*e.args[i]) &&
        !holds(wanted, given))
        t.warning(e.args[i]->span, "value of type '" + given.spelling() + "' is converted to '" + wanted.spelling() +
                                       "', which does not hold all of its values")
            .with_hint("an explicit cast says that this is meant");
}

Type infer_c_function(Typer& t, CallExpr& e) {
    const CFunction& f = function_of(t.unit(), e);
    if (!f.refused.empty()) {
        t.error(e.span, "function '" + f.name + "': cannot be called from a script: " + f.refused);
        return {};
    }
    if (e.args.size() != f.params.size()) {
        t.error(e.span, "function '" + f.name + "': requires " + std::to_string(f.params.size()) +
                            (f.params.size() == 1 ? " argument" : " arguments") + ", got " +
                            std::to_string(e.args.size()))
            .with_hint("it is " + prototype(f));
        return {};
    }
    for (size_t i = 0; i < e.args.size(); ++i) check_argument(t, f, e, i);
    return f.result;
}

void convert_c_function(Converter& c, ExprPtr&, CallExpr& e) {
    const CFunction& f = function_of(c.unit(), e);
    for (size_t i = 0; i < e.args.size(); ++i) {
        if (!f.params[i].type.is_pointer())
            c.to(e.args[i], f.params[i].type);
        else if (!e.args[i]->type.is_aggregate_value() && !e.args[i]->type.is_pointer())
            c.to(e.args[i], Type::integer(8, false));
    }
}

// No name that can be written: resolve_names sets the number of calls that fit an imported function.
constexpr BuiltinInfo table[] = {
    {"C function", Builtin::c_function, builtin_effect, 0, -1, infer_c_function, convert_c_function},
};

}  // namespace

std::span<const BuiltinInfo> c_function_builtins() { return table; }

}  // namespace avocet::dsl
