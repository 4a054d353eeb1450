// SPDX-License-Identifier: Apache-2.0
#include "compilation.hpp"

#include <fmt/format.h>

#include "passes/check.hpp"
#include "passes/expand_functions.hpp"
#include "passes/expand_macros.hpp"
#include "passes/fold_constants.hpp"
#include "passes/infer_types.hpp"
#include "passes/plan_outputs.hpp"
#include "passes/read_c_text.hpp"
#include "passes/read_settings.hpp"
#include "passes/resolve_names.hpp"
#include "passes/resolve_probes.hpp"
#include "passes/substitute_parameters.hpp"
#include "syntax/parser.hpp"

namespace avocet::dsl::test {

namespace {

std::string place(const Span& s) {
    if (s.line == 0) return "";
    if (s.line != s.end_line) return fmt::format("{}-{}: ", s.line, s.end_line);
    return fmt::format("{}:{}-{}: ", s.line, s.column, s.end_column);
}

}  // namespace

Compilation::Compilation(const golden::Input& input, uint32_t flags) {
    for (const auto& p : input.parameters) parameters.push_back(to_abi(p));
    for (const auto& s : input.settings) settings.push_back(to_abi(s));
    source.struct_size = sizeof source;
    source.flags = flags;
    source.pid = -1;
    source.parameters = parameters.data();
    source.parameter_count = parameters.size();
    source.settings = settings.data();
    source.setting_count = settings.size();
    unit.host = &host.host();
    unit.source = &source;
    unit.sources = &sources;
    unit.diagnostics = &diagnostics;
    unit.structs.set_kernel([this] { return host.kernel_btf(); });
    unit.script = parse_script(sources, sources.add("stdin", input.script), diagnostics);
}

void Compilation::run() {
    if (failed()) return;
    for (const Pass& pass :
         {read_settings_pass(), expand_macros_pass(), expand_functions_pass(), substitute_parameters_pass(),
          fold_constants_pass(), read_c_text_pass(), resolve_probes_pass(), resolve_names_pass(), infer_types_pass(),
          check_pass(), plan_outputs_pass()}) {
        if (failed() && !pass.tolerant) return;
        pass.run(unit);
    }
}

std::string Compilation::messages() {
    std::string out = host.reports;
    for (const Message* m : diagnostics.take_new()) {
        out += fmt::format("{}{}: {}\n", place(m->span), m->severity == AVOCET_ERROR ? "ERROR" : "WARNING", m->text);
        if (!m->context.empty()) out += fmt::format("  {}{}\n", place(m->context_span), m->context);
        for (const Span& call : expansion_chain(m->span, unit.script.expansions))
            out += fmt::format("  {}expanded from\n", place(call));
        if (!m->hint.empty()) out += fmt::format("  HINT: {}\n", m->hint);
    }
    return out;
}

}  // namespace avocet::dsl::test
