// SPDX-License-Identifier: Apache-2.0
//
// Functions on maps. Their first argument is the map itself.
#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

Type infer_delete(Typer& t, CallExpr& e) {
    if (auto* element = as_if<MapElementExpr>(e.args[0].get(), ExprKind::map_element); element && e.args.size() == 1) {
        t.use_key(element->map, *element->key);
        return Type::boolean();
    }
    const MapInfo* map = t.map_argument(e);
    if (!map) return {};
    const int index = as<MapExpr>(*e.args[0]).map;
    if (e.args.size() == 2)
        t.note_key(index, *e.args[1]);
    else if (map->keyed && !map->key.refused)
        t.error(e.span, "delete(): map '" + map->name + "' has keys, and none is given")
            .with_hint("write delete(" + map->name + ", key)");
    return Type::boolean();
}

// The old form delete(@m[k]) becomes delete(@m, k).
void convert_delete(Converter& c, ExprPtr&, CallExpr& e) {
    if (auto* element = as_if<MapElementExpr>(e.args[0].get(), ExprKind::map_element)) {
        auto map = std::make_unique<MapExpr>(element->span, element->name);
        map->map = element->map;
        ExprPtr key = std::move(element->key);
        e.args[0] = std::move(map);
        e.args.push_back(std::move(key));
        c.convert(e.args[1]);
    }
    if (e.args.size() == 2) c.to(e.args[1], c.map(as<MapExpr>(*e.args[0]).map).key);
}

Type infer_has_key(Typer& t, CallExpr& e) {
    const MapInfo* map = t.map_argument(e);
    if (!map) return {};
    if (!map->keyed && !map->key.refused)
        t.error(e.args[0]->span, e.name + "(): map '" + map->name + "' has no keys");
    else
        t.note_key(as<MapExpr>(*e.args[0]).map, *e.args[1]);
    return Type::boolean();
}
void convert_has_key(Converter& c, ExprPtr&, CallExpr& e) { c.to(e.args[1], c.map(as<MapExpr>(*e.args[0]).map).key); }

Type infer_find(Typer& t, CallExpr& e) {
    infer_has_key(t, e);
    const MapInfo* map = t.map_argument(e);
    auto* variable = as_if<VariableExpr>(e.args[2].get(), ExprKind::variable);
    if (!variable && !t.is_refused(*e.args[2]))
        t.error(e.args[2]->span, "find(): takes a variable to put the value in");
    if (!variable || variable->variable < 0) return Type::boolean();
    const bool aggregates = map && map->aggregate != Aggregate::none;
    if (aggregates)
        t.error(e.args[0]->span, "find(): map '" + map->name + "' holds aggregates")
            .with_hint("test with has_key() and read the element");
    t.assign_variable(variable->variable, map && !aggregates ? settled(map->value) : Type::refusal(), nullptr,
                      e.args[2]->span);
    return Type::boolean();
}
// find() writes the variable as it is: it has the map's own type, or the value goes through a conversion in lowering.
void convert_find(Converter& c, ExprPtr& owner, CallExpr& e) { convert_has_key(c, owner, e); }

Type infer_len(Typer& t, CallExpr& e) {
    const Type type = Type::integer(8, true);
    if (e.args[0]->kind == ExprKind::map) {
        const MapInfo* map = t.map_argument(e);
        if (map && !map->keyed && !map->key.refused)
            t.error(e.args[0]->span, "len(): map '" + map->name + "' has no keys");
        return type;
    }
    const Type operand = t.infer(*e.args[0]);
    if (operand.kind != TypeKind::none && operand.kind != TypeKind::kstack && operand.kind != TypeKind::ustack) {
        e.args[0]->type = operand;
        if (operand.is_string())
            t.error(e.args[0]->span, "len(): takes a map or a stack (string given)")
                .with_hint("strlen() counts the bytes of a text");
        else
            hooks::refuse_class(t, e, 0, "a map or a stack");
    }
    return type;
}
void convert_len(Converter& c, ExprPtr&, CallExpr& e) {
    if (e.args[0]->kind != ExprKind::map) c.convert(e.args[0]);
}

Type infer_whole(Typer& t, CallExpr& e) {
    t.map_argument(e);
    return {};
}

constexpr BuiltinInfo table[] = {
    {"delete", Builtin::delete_, builtin_map_first, 1, 2, infer_delete, convert_delete},
    {"has_key", Builtin::has_key, builtin_map_first, 2, 2, infer_has_key, convert_has_key},
    {"find", Builtin::find, builtin_map_first | builtin_effect, 3, 3, infer_find, convert_find},
    {"len", Builtin::len, builtin_map_first, 1, 1, infer_len, convert_len},
    {"clear", Builtin::clear, builtin_map_first | builtin_output | builtin_void, 1, 1, infer_whole, nullptr},
    {"zero", Builtin::zero, builtin_map_first | builtin_output | builtin_void, 1, 1, infer_whole, nullptr},
};

}  // namespace

std::span<const BuiltinInfo> map_builtins() { return table; }

}  // namespace avocet::dsl
