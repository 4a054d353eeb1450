// SPDX-License-Identifier: Apache-2.0
//
// Golden sections of the stages before types: ast, print, error, rewritten (after the passes that change the tree),
// settings. In every case without syntax errors, printing must be a fixed point.
#include <fmt/format.h>

#include "golden.hpp"
#include "passes/expand_macros.hpp"
#include "passes/fold_constants.hpp"
#include "passes/read_settings.hpp"
#include "passes/substitute_parameters.hpp"
#include "syntax/dump.hpp"
#include "syntax/parser.hpp"
#include "syntax/printer.hpp"

namespace avocet::dsl::golden {
namespace {

std::string place(const Span& s) {
    if (s.line == 0) return "";
    if (s.line != s.end_line) return fmt::format("{}-{}: ", s.line, s.end_line);
    return fmt::format("{}:{}-{}: ", s.line, s.column, s.end_column);
}

std::string text_of(DiagnosticList& diagnostics, const std::vector<Expansion>& expansions) {
    std::string out;
    for (const Message* m : diagnostics.take_new()) {
        out += fmt::format("{}{}: {}\n", place(m->span), m->severity == AVOCET_ERROR ? "ERROR" : "WARNING", m->text);
        if (!m->context.empty()) out += fmt::format("  {}{}\n", place(m->context_span), m->context);
        for (const Span& call : expansion_chain(m->span, expansions))
            out += fmt::format("  {}expanded from\n", place(call));
        if (!m->hint.empty()) out += fmt::format("  HINT: {}\n", m->hint);
    }
    return out;
}

// A compilation up to, and without, the passes that need types.
struct Front {
    Sources sources;
    DiagnosticList diagnostics;
    std::vector<avocet_str> parameters, settings;
    avocet_source source{};
    Unit unit;

    explicit Front(const Input& input) {
        for (const auto& p : input.parameters) parameters.push_back(to_abi(p));
        for (const auto& s : input.settings) settings.push_back(to_abi(s));
        source.struct_size = sizeof source;
        source.parameters = parameters.data();
        source.parameter_count = parameters.size();
        source.settings = settings.data();
        source.setting_count = settings.size();
        unit.source = &source;
        unit.sources = &sources;
        unit.diagnostics = &diagnostics;
        unit.script = parse_script(sources, sources.add("stdin", input.script), diagnostics);
    }
    // As the pipeline does: a pass that reports errors is the last one.
    void rewrite() {
        for (const Pass& pass :
             {read_settings_pass(), expand_macros_pass(), substitute_parameters_pass(), fold_constants_pass()}) {
            if (diagnostics.has_errors()) return;
            pass.run(unit);
        }
    }
};

const Section ast("ast", [](const Input& input) { return dump_ast(Front(input).unit.script); });
const Section print_section("print", [](const Input& input) { return print(Front(input).unit.script); });
const Section error("error", [](const Input& input) {
    Front front(input);
    front.rewrite();
    return text_of(front.diagnostics, front.unit.script.expansions);
});
const Section rewritten("rewritten", [](const Input& input) {
    Front front(input);
    front.rewrite();
    return dump_ast(front.unit.script) + text_of(front.diagnostics, front.unit.script.expansions);
});

std::string shown(const Settings& s) {
    std::string out = fmt::format(
        "max_strlen={} max_map_keys={} on_stack_limit={} max_cat_bytes={} max_probes={} max_bpf_progs={} log_size={} "
        "perf_rb_pages={}\nlicense={} stack_mode={} missing_probes={} str_trunc_trailer={} cache_user_symbols={}\n"
        "print_maps_on_exit={} cpp_demangle={} lazy_symbolication={} show_debug_info={}\n",
        s.max_strlen, s.max_map_keys, s.on_stack_limit, s.max_cat_bytes, s.max_probes, s.max_bpf_progs, s.log_size,
        s.perf_rb_pages, s.license, s.stack_mode, s.missing_probes, s.str_trunc_trailer, s.cache_user_symbols,
        s.print_maps_on_exit, s.cpp_demangle, s.lazy_symbolication, s.show_debug_info);
    for (const auto& [key, value] : s.unstable) out += fmt::format("{}={}\n", key, value);
    return out;
}
const Section settings("settings read", [](const Input& input) {
    Front front(input);
    front.rewrite();
    return shown(front.unit.settings);
});

// Parse -> print -> parse is the same program, and printing again changes nothing.
const Section fixed_point("(always)", [](const Input& input) -> std::string {
    Front first(input);
    if (first.diagnostics.has_errors()) return "";
    std::string printed = print(first.unit.script);
    Input again = input;
    again.script = printed;
    Front second(again);
    if (second.diagnostics.has_errors()) return "does not parse again:\n" + printed + text_of(second.diagnostics, {});
    if (dump_ast(first.unit.script) != dump_ast(second.unit.script)) return "parses to another program:\n" + printed;
    std::string twice = print(second.unit.script);
    return twice == printed ? "" : "prints differently again:\n" + printed + "---\n" + twice;
});

}  // namespace
}  // namespace avocet::dsl::golden
