// SPDX-License-Identifier: Apache-2.0
//
// The tables put together, found by name and by number.
#include "passes/builtins/builtins.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

const std::unordered_map<std::string_view, const BuiltinInfo*>& by_name() {
    static const auto table = [] {
        std::unordered_map<std::string_view, const BuiltinInfo*> names;
        for (auto entries : {value_builtins(), string_builtins(), symbol_builtins(), aggregate_builtins(),
                             map_builtins(), output_builtins(), constant_builtins(), kernel_builtins(),
                             option_builtins(), later_builtins(), file_builtins(), c_function_builtins()})
            for (const BuiltinInfo& info : entries) names.emplace(info.name, &info);
        return names;
    }();
    return table;
}

bool is_argn(std::string_view name) {
    return name.size() > 3 && name.size() <= 6 && name.starts_with("arg") &&
           std::all_of(name.begin() + 3, name.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

const BuiltinInfo* find_builtin(std::string_view name) {
    if (is_argn(name)) name = "arg0";
    const auto found = by_name().find(name);
    return found == by_name().end() ? nullptr : found->second;
}

const BuiltinInfo& builtin_info(Builtin id) {
    static constexpr BuiltinInfo none{"", Builtin::none, 0, 0, 0, nullptr, nullptr};
    static const auto table = [] {
        std::unordered_map<Builtin, const BuiltinInfo*> ids;
        for (const auto& [name, info] : by_name()) ids.emplace(info->id, info);
        return ids;
    }();
    const auto found = table.find(id);
    return found == table.end() ? none : *found->second;
}

std::vector<std::string_view> builtin_names() {
    std::vector<std::string_view> names;
    for (const auto& [name, info] : by_name()) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

namespace hooks {

const std::string* word(const Expr& e) {
    if (const auto* identifier = as_if<const IdentifierExpr>(&e, ExprKind::identifier)) return &identifier->name;
    return literal_string(e);
}

Type refuse_class(Typer& t, CallExpr& e, size_t index, const char* wants) {
    const Type type = decayed(e.args[index]->type);
    if (type.kind != TypeKind::none)
        t.error(e.args[index]->span, e.name + "(): takes " + wants + " (" + type.class_name() + " given)");
    return {};
}

bool is_address(const Type& type) { return type.is_pointer() || type.is_integer(); }

void to_address(Converter& c, ExprPtr& argument, const Type& element) {
    if (!argument->type.is_integer()) return;
    const Space own = argument->type.space;
    c.to(argument, Type::pointer_to(element, own == Space::none ? c.function().facts.space : own));
}

}  // namespace hooks

}  // namespace avocet::dsl
