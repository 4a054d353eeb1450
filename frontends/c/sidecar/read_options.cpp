// SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include "sidecar/read_tables.hpp"

namespace avocet::c {

namespace {

constexpr const char* names[] = {"int",  "uint",     "bool", "string", "choice", "pid",
                                 "path", "duration", "size", "list",   "cgroup", "regex"};

// A spec for the only function that is attached, or a table of functions and specs.
void read_attach(Table& table, SidecarOption& out) {
    const toml::node* node = table.get("attach");
    if (!node) return;
    if (node->is_string())
        out.attach[""] = **node->as_string();
    else
        table.read("attach", out.attach);
    for (const auto& [function, spec] : out.attach)
        if (spec.find(':') == std::string::npos)
            table.wrong("attach", fmt::format("'{}' is not a probe", spec),
                        "for example \"uprobe:{value}:malloc\", or { FUNCTION = \"uprobe:{value}:malloc\" }");
}

// Every case says the same words, else what is left of one would reach the compiler.
void read_cases(Table& table, SidecarOption& out) {
    table.read("replace_case", out.replace_case);
    if (out.replace_case.empty()) return;
    if (out.type.empty()) out.type = "choice";
    if (out.choices.empty())
        for (const auto& [value, words] : out.replace_case) out.choices.push_back(value);
    std::set<std::string> all;
    for (const auto& [value, words] : out.replace_case)
        for (const auto& [word, text] : words) all.insert(word);
    for (const auto& [value, words] : out.replace_case)
        for (const std::string& word : all)
            if (!words.contains(word))
                table.wrong("replace_case", fmt::format("case '{}' does not say what stands for '{}'", value, word),
                            fmt::format("{} = {{ {} = \"\" }} leaves the word out", value, word));
    for (const std::string& choice : out.choices)
        if (!out.replace_case.contains(choice))
            table.wrong("replace_case", fmt::format("has no case '{}', which is one of the choices", choice));
    if (out.preset && !out.replace_case.contains(*out.preset)) {
        std::vector<std::string> cases;
        for (const auto& [value, words] : out.replace_case) cases.push_back(value);
        table.wrong("default", fmt::format("'{}' is none of the cases", *out.preset),
                    avocet::nearest_hint(*out.preset, cases));
    }
}

void check_effects(Table& table, const SidecarOption& out) {
    const bool shown = !out.set.empty() || !out.where.empty();
    const bool built = out.is_built();
    if (!out.map.empty() && (shown || built))
        table.wrong("key 'option': 'map' is filled when the program is loaded", "use 'var' beside it, or nothing",
                    out.place);
    if (shown && (!out.var.empty() || built))
        table.wrong("key 'option': 'set' and 'where' say how records are shown, the others what is loaded",
                    "use one of them", out.place);
    if (!out.var.empty() && built)
        table.wrong("key 'option': 'var' is set where the program runs, 'define' and 'replace' where it is compiled",
                    "use one of them", out.place);
    if (out.type == "regex" && out.where.empty())
        table.wrong("type", "a regular expression is for 'where'", "where = \"comm =~ {value}\"");
}

}  // namespace

SidecarOption read_option(Table& table) {
    SidecarOption out;
    out.place = table.place();
    table.require("name");
    table.read("name", out.name);
    table.read("help", out.help);
    table.read("metavar", out.metavar);
    table.read("var", out.var);
    table.read("define", out.define);
    table.read("replace", out.replace);
    table.read("replace_else", out.replace_else);
    table.read("short", out.short_name);
    if (!out.short_name.empty() &&
        (out.short_name.size() != 1 || !std::isalpha(static_cast<unsigned char>(out.short_name[0]))))
        table.wrong("short", "must be one letter", "short = \"p\" is -p on the command line");
    table.read("type", out.type);
    if (table.has("type") && std::find(std::begin(names), std::end(names), out.type) == std::end(names))
        table.wrong("type", fmt::format("must be one of {}, not '{}'", fmt::join(names, ", "), out.type),
                    avocet::nearest_hint(out.type, names));
    table.read("map", out.map);
    if (!out.map.empty() && out.type != "cgroup")
        table.wrong("map", "holds a control group", "type = \"cgroup\"; 'define' and 'var' take numbers");
    table.read("set", out.set);
    table.read("where", out.where);
    table.read("positional", out.positional);
    const bool top = out.set.starts_with("map.") && out.set.ends_with(".top");
    if (!out.set.empty() && !top)
        table.one_of("set", out.set, {"run.interval", "run.count", "run.duration", "map.NAME.top"});
    table.read("choices", out.choices);
    table.read_scalar("default", out.preset);
    read_cases(table, out);
    read_attach(table, out);
    if (out.type == "choice" && out.choices.empty()) table.wrong("type", "needs 'choices', a list of words");
    check_effects(table, out);
    return out;
}

Choice read_choice(Table& table) {
    Choice out;
    out.place = table.place();
    for (const char* key : {"token", "when", "then", "else"}) table.require(key);
    table.read("token", out.token);
    table.read("then", out.then);
    table.read("else", out.otherwise);
    read_questions(table, "when", out.when);
    return out;
}

}  // namespace avocet::c
