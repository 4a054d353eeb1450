// SPDX-License-Identifier: Apache-2.0
//
// getopt: options that a script defines for its own command line. Their type is that of the default; each becomes a
// .rodata constant (Unit::options), which the session overwrites with what was given after `--`.
#include <algorithm>

#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

// BTF takes no other characters in the name of a variable.
std::string constant_name(const std::string& name, size_t index) {
    std::string out = "avocet_opt_" + name;
    bool changed = false;
    for (char& c : out)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') {
            c = '_';
            changed = true;
        }
    return changed ? out + "_" + std::to_string(index) : out;
}

std::string shown(const ScriptOption& o) {
    if (o.type == "string") return "\"" + o.text + "\"";
    if (o.type == "bool") return o.number ? "true" : "false";
    return o.type == "int" ? std::to_string(static_cast<int64_t>(o.number)) : std::to_string(o.number);
}

// false: reported.
bool read_default(Typer& t, const Expr& written, ScriptOption& out) {
    if (const std::string* text = literal_string(written)) {
        out.type = "string";
        out.text = *text;
        if (text->size() < t.unit().settings.max_strlen) return true;
        t.error(written.span, "getopt(): the default has " + std::to_string(text->size()) + " bytes, options hold " +
                                  std::to_string(t.unit().settings.max_strlen - 1))
            .with_hint("max_strlen sets how long they may be");
        return false;
    }
    if (const auto* truth = as_if<BooleanExpr>(&written, ExprKind::boolean)) {
        out.number = truth->value;
        return true;
    }
    if (const auto* integer = as_if<IntegerExpr>(&written, ExprKind::integer)) {
        out.type = integer->negative ? "int" : "uint";
        out.number = integer->value;
        return true;
    }
    t.error(written.span, "getopt(): the default must be a string, integer or boolean literal");
    return false;
}

Type type_of(Typer& t, const ScriptOption& o) {
    if (o.type == "bool") return Type::boolean();
    if (o.type == "string") return Type::string(t.unit().settings.max_strlen);
    return Type::integer(8, o.type == "int");
}

size_t declare(Typer& t, const CallExpr& e, ScriptOption option) {
    auto& options = t.unit().options;
    const auto present =
        std::find_if(options.begin(), options.end(), [&](const ScriptOption& o) { return o.name == option.name; });
    if (present == options.end()) {
        option.constant = constant_name(option.name, options.size());
        options.push_back(std::move(option));
        return options.size() - 1;
    }
    if (present->type != option.type || present->number != option.number || present->text != option.text)
        t.error(e.span, "option '" + option.name + "': its default must be the same everywhere")
            .with_context(present->span, "its default is " + shown(*present) + " here");
    else if (present->doc != option.doc)
        t.error(e.span, "option '" + option.name + "': its description must be the same everywhere")
            .with_context(present->span, "it is described here")
            .with_hint("a macro around getopt() writes it once");
    return static_cast<size_t>(present - options.begin());
}

Type infer_getopt(Typer& t, CallExpr& e) {
    ScriptOption option;
    option.type = "bool";
    option.span = e.span;
    const std::string* name = literal_string(*e.args[0]);
    if (!name || name->empty() || name->find('=') != std::string::npos) {
        t.error(e.args[0]->span, name ? "getopt(): '" + *name + "' cannot be the name of an option"
                                      : "getopt(): the first argument must be a string literal");
        return {};
    }
    option.name = *name;
    if (e.args.size() > 1 && !read_default(t, *e.args[1], option)) return {};
    if (e.args.size() > 2) {
        const std::string* doc = literal_string(*e.args[2]);
        if (!doc)
            t.error(e.args[2]->span, "getopt(): the description must be a string literal");
        else
            option.doc = *doc;
    }
    const Type type = type_of(t, option);
    if (t.reporting()) e.number = declare(t, e, std::move(option));
    return type;
}

constexpr BuiltinInfo table[] = {
    {"getopt", Builtin::getopt, builtin_literals, 1, 3, infer_getopt, hooks::drop_arguments},
};

}  // namespace

std::span<const BuiltinInfo> option_builtins() { return table; }

}  // namespace avocet::dsl
