// SPDX-License-Identifier: Apache-2.0
#include "pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "lower/lower.hpp"
#include "passes/check.hpp"
#include "passes/expand_functions.hpp"
#include "passes/expand_macros.hpp"
#include "passes/fold_constants.hpp"
#include "passes/infer_types.hpp"
#include "passes/load_imports.hpp"
#include "passes/plan_outputs.hpp"
#include "passes/read_c_text.hpp"
#include "passes/read_settings.hpp"
#include "passes/resolve_names.hpp"
#include "passes/resolve_probes.hpp"
#include "passes/substitute_parameters.hpp"
#include "syntax/parser.hpp"

namespace avocet::dsl {

namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (comma > 0) out.emplace_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return out;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

std::vector<Pass> passes() {
    return {
        load_imports_pass(),          read_settings_pass(),  expand_macros_pass(), expand_functions_pass(),
        substitute_parameters_pass(), fold_constants_pass(), read_c_text_pass(),   resolve_probes_pass(),
        resolve_names_pass(),         infer_types_pass(),    check_pass(),         plan_outputs_pass(),
    };
}

Pipeline::Pipeline(Unit& unit, Dump dump)
    : unit_(unit),
      dump_(std::move(dump)),
      stages_(split(view(unit.source->dump))),
      disabled_(split(view(unit.source->disable))) {}

bool Pipeline::wants(const std::string& stage) const { return dump_ && contains(stages_, stage); }

bool Pipeline::timed(const std::string& name, const std::function<void()>& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    timings_.push_back(
        {name, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count()});
    return !unit_.failed();
}

void Pipeline::hand_over() { unit_.diagnostics->hand_over(*unit_.host, *unit_.sources, unit_.script.expansions); }

bool Pipeline::step(const std::string& name, const std::function<void()>& body) {
    const bool good = timed(name, body);
    hand_over();
    return good;
}

bool Pipeline::run_pass(const Pass& pass) {
    if (pass.optional && contains(disabled_, pass.name)) return !unit_.failed();
    const bool good = timed(pass.name, [&] { pass.run(unit_); });
    if (good && pass.dump && pass.stage && wants(pass.stage)) dump_(pass.stage, pass.dump(unit_));
    return good;
}

bool Pipeline::parse() {
    return step("parse", [&] {
        const uint32_t file = unit_.sources->add(string(unit_.source->name), string(unit_.source->text));
        unit_.script = parse_script(*unit_.sources, file, *unit_.diagnostics);
    });
}

bool Pipeline::lower() {
    std::unique_ptr<Lowering> lowering;
    if (!step("target", [&] { lowering = std::make_unique<Lowering>(unit_); })) return false;
    if (!step("generate", [&] { lowering->generate(); })) return false;
    std::string text;
    if (wants("llvm")) text = "; before optimisation\n" + lowering->ir();
    if (wants("manifest")) dump_("manifest", manifest_json(unit_));
    if (unit_.source->flags & AVOCET_COMPILE_CHECK && !wants("llvm") && !wants("asm")) return true;
    if (!step("optimise", [&] { lowering->optimise(); })) return false;
    if (wants("llvm")) dump_("llvm", text + "; after optimisation\n" + lowering->ir());
    if (wants("asm")) {
        // Code generation consumes the module: the listing comes from one of its own.
        Lowering listing(unit_);
        listing.generate();
        listing.optimise();
        dump_("asm", listing.assembly());
    }
    return step("emit", [&] { lowering->emit(); });
}

// Messages wait for the last pass that has some, so that all errors come before all warnings.
bool Pipeline::analyse() {
    bool good = true;
    for (const Pass& pass : passes()) {
        if (!good && !pass.tolerant) break;
        good = run_pass(pass);
    }
    hand_over();
    return good;
}

void Pipeline::dump_timings() {
    std::string text;
    double total = 0;
    char line[80];
    for (const Timing& t : timings_) {
        std::snprintf(line, sizeof line, "%-24s %8.3f ms\n", t.pass.c_str(), t.milliseconds);
        text += line;
        total += t.milliseconds;
    }
    std::snprintf(line, sizeof line, "%-24s %8.3f ms\n", "total", total);
    dump_("passes", text + line);
}

static bool know_stages(const std::vector<std::string>& wanted, DiagnosticList& diagnostics) {
    static const std::vector<std::string> known{"ast", "types", "manifest", "llvm", "asm", "passes"};
    for (const std::string& stage : wanted)
        if (!contains(known, stage))
            diagnostics.error({}, "stage '" + stage + "': there is no such stage")
                .with_hint("stages are ast, types, manifest, llvm, asm and passes");
    return !diagnostics.has_errors();
}

bool Pipeline::run() {
    if (!know_stages(stages_, *unit_.diagnostics)) return hand_over(), false;
    // A script that was not read to its end misses what the rest of it would have said.
    const bool good = parse() && analyse() && lower();
    if (wants("passes")) dump_timings();
    return good;
}

}  // namespace avocet::dsl
