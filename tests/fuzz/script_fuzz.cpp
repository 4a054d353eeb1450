// SPDX-License-Identifier: Apache-2.0
//
// Scripts: any bytes are a tree or errors; never a crash. What is accepted prints to a script that is accepted as the
// same program, and goes through the passes before types. Golden files are taken apart into their inputs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "passes/expand_macros.hpp"
#include "passes/fold_constants.hpp"
#include "passes/read_settings.hpp"
#include "passes/substitute_parameters.hpp"
#include "syntax/dump.hpp"
#include "syntax/parser.hpp"
#include "syntax/printer.hpp"

namespace {

using namespace avocet::dsl;

struct Parsed {
    Sources sources;
    DiagnosticList diagnostics;
    Script script;
    explicit Parsed(std::string text)
        : script(parse_script(sources, sources.add("stdin", std::move(text)), diagnostics)) {}
};

void expect(bool holds, const char* what, const std::string& text) {
    if (holds) return;
    std::fprintf(stderr, "%s:\n%s\n", what, text.c_str());
    std::abort();
}

void check_printing(const Script& script) {
    std::string printed = print(script);
    Parsed again(printed);
    expect(!again.diagnostics.has_errors(), "printed script does not parse", printed);
    expect(dump_ast(script) == dump_ast(again.script), "printed script is another program", printed);
    expect(print(again.script) == printed, "printing is no fixed point", printed);
}

void rewrite(Parsed& parsed) {
    avocet_str parameters[] = {{"5s", 2}, {"$1\"", 3}, {"-7", 2}};
    avocet_source source{};
    source.parameters = parameters;
    source.parameter_count = 3;
    Unit unit;
    unit.source = &source;
    unit.sources = &parsed.sources;
    unit.diagnostics = &parsed.diagnostics;
    unit.script = std::move(parsed.script);
    for (const Pass& pass :
         {read_settings_pass(), expand_macros_pass(), substitute_parameters_pass(), fold_constants_pass()}) {
        if (parsed.diagnostics.has_errors()) return;
        pass.run(unit);
    }
    (void)dump_ast(unit);
}

void run(std::string_view text) {
    Parsed parsed{std::string(text)};
    if (parsed.diagnostics.has_errors()) return;
    check_printing(parsed.script);
    rewrite(parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr std::string_view mark = "--- input\n";
    for (size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at)) {
        at += mark.size();
        run(text.substr(at, text.find("\n--- ", at) - at));
    }
    run(text);
    return 0;
}
