// SPDX-License-Identifier: Apache-2.0
//
// The manifest: what the host has to know about an object that ELF and BTF do not say. Layout: sdk/docs/program.md.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "avocet/abi/program.h"
#include "lower/lower.hpp"
#include "lower/session.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

using nlohmann::ordered_json;

namespace {

const char* context_name(avocet_context context) {
    switch (context) {
        case AVOCET_CONTEXT_TRACEPOINT: return "tracepoint";
        case AVOCET_CONTEXT_RAW_TRACEPOINT: return "raw_tracepoint";
        case AVOCET_CONTEXT_TRACEPOINT_BTF: return "tracepoint_btf";
        case AVOCET_CONTEXT_PT_REGS: return "pt_regs";
        case AVOCET_CONTEXT_PERF_EVENT: return "perf_event";
        case AVOCET_CONTEXT_FENTRY: return "fentry";
        case AVOCET_CONTEXT_FEXIT: return "fexit";
        case AVOCET_CONTEXT_ITERATOR: return "iterator";
        default: return "runtime";
    }
}

const char* aggregate_name(Aggregate a) {
    static const char* const names[] = {"none", "count", "sum",  "min",   "max",
                                        "avg",  "stats", "hist", "lhist", "tseries"};
    return names[static_cast<size_t>(a)];
}

bool is_return(const ProbeFacts& facts) {
    return facts.context == AVOCET_CONTEXT_FEXIT ||
           (facts.has & AVOCET_HAS_RETVAL && facts.retval.place == AVOCET_PLACE_RETURN);
}

// Kinds whose last attached program runs first: they are attached in reverse, so that clauses fire as written.
bool runs_last_first(const ProbeFacts& facts) {
    switch (facts.context) {
        case AVOCET_CONTEXT_PT_REGS: return facts.probetype != "kretprobe";
        case AVOCET_CONTEXT_FENTRY:
        case AVOCET_CONTEXT_FEXIT: return true;
        default: return false;
    }
}

void add_place(ordered_json& j, const Span& span) {
    if (span.line == 0) return;
    j["line"] = span.line;
    j["column"] = span.column;
    j["end_line"] = span.end_line;
    j["end_column"] = span.end_column;
}

ordered_json function_entry(const Unit& unit, size_t index) {
    const ProbeFunction& f = unit.functions[index];
    ordered_json j;
    j["name"] = f.name;
    j["clause"] = f.clause;
    j["context"] = context_name(f.facts.context);
    j["order"] = runs_last_first(f.facts) ? unit.functions.size() - 1 - index : index;
    j["return"] = is_return(f.facts);
    j["probes"] = ordered_json::array();
    for (size_t i = 0; i < f.facts.specs.size(); ++i) {
        ordered_json probe = {
            {"spec", f.facts.label.empty() ? f.facts.specs[i] : f.facts.label + '=' + f.facts.specs[i]}};
        if (i < f.facts.spec_spans.size()) add_place(probe, f.facts.spec_spans[i]);
        j["probes"].push_back(std::move(probe));
    }
    j["identity"] = f.facts.identity == AVOCET_IDENTITY_SELECTOR ? "selector"
                    : f.facts.identity == AVOCET_IDENTITY_COOKIE ? "cookie"
                                                                 : "fixed";
    if (f.facts.identity == AVOCET_IDENTITY_SELECTOR) j["selector_count"] = f.facts.selector_count;
    j["label"] = !f.facts.label.empty() ? f.facts.label : f.facts.specs.empty() ? f.name : f.facts.specs.front();
    j["missing"] = unit.settings.missing_probes;
    return j;
}

ordered_json map_entry(const Unit& unit, const MapInfo& m) {
    ordered_json j = {{"name", m.name},
                      {"symbol", map_symbol(m.name)},
                      {"keyed", m.keyed},
                      {"aggregate", aggregate_name(m.aggregate)},
                      {"signed", m.value.is_signed},
                      {"bits", m.hist_bits},
                      {"print", true}};
    if (uint64_t size = 0; short_keys(unit, m, size)) j["short_symbol"] = short_map_symbol(m.name);
    if (m.aggregate == Aggregate::lhist) {
        j["min"] = m.lhist_min;
        j["max"] = m.lhist_max;
        j["step"] = m.lhist_step;
    }
    if (m.aggregate == Aggregate::tseries) {
        j["interval_ns"] = m.series_interval_ns;
        j["intervals"] = m.series_intervals;
        j["combine"] = m.series_combine;
    }
    return j;
}

ordered_json output_entry(const Unit& unit, size_t index) {
    const Output& o = unit.outputs[index];
    ordered_json j = {{"kind", o.kind}};
    if (output_has_members(o)) j["type"] = output_type_name(index);
    const bool is_run_time = o.kind == "error" && o.format.empty();
    if (o.kind == "printf" || o.kind == "time" || o.kind == "cat" || o.kind == "system" ||
        (o.kind == "error" && !is_run_time))
        j["format"] = o.format;
    if (o.kind == "cat") j["max_bytes"] = unit.settings.max_cat_bytes;
    if (o.kind == "packet") j["file"] = o.format;
    if (o.kind == "join") j["separator"] = o.format;
    if (o.map >= 0) j["map"] = o.map;
    if (o.kind == "print_map") {
        j["top"] = o.top;
        j["div"] = o.div;
    }
    if (o.kind == "error" && !is_run_time) j["severity"] = o.severity;
    if (is_run_time) {
        j["message"] = o.message;
        j["severity"] = o.severity;
        j["helper"] = o.helper;
    }
    add_place(j, o.span);
    j["clause"] = o.clause;
    return j;
}

ordered_json fact_entry(const RunTimeFact& fact) {
    ordered_json j = {{"kind", fact.kind}, {"name", fact.name}};
    if (!fact.constant.empty()) j["constant"] = fact.constant;
    if (fact.kind == "argument") {
        j["function"] = fact.function;
        j["place"] = fact.place;
        j["index"] = fact.index;
        j["size"] = fact.size;
    }
    add_place(j, fact.span);
    return j;
}

ordered_json option_entry(const ScriptOption& o) {
    ordered_json j = {{"name", o.name}, {"type", o.type}};
    if (o.type == "string")
        j["default"] = o.text;
    else if (o.type == "bool")
        j["default"] = o.number != 0;
    else if (o.type == "int")
        j["default"] = static_cast<int64_t>(o.number);
    else
        j["default"] = o.number;
    j["doc"] = o.doc;
    j["constant"] = o.constant;
    return j;
}

// The session's own defaults stand where the script says nothing: they are no limits.
ordered_json settings_entry(const Settings& s) {
    ordered_json j = {{"print_maps_on_exit", s.print_maps_on_exit},
                      {"str_trunc_trailer", s.str_trunc_trailer},
                      {"stack_mode", s.stack_mode},
                      {"max_strlen", s.max_strlen}};
    const auto add = [&](const char* name, const auto& value) {
        if (s.given.contains(name)) j[name] = value;
    };
    add("max_probes", s.max_probes);
    add("max_bpf_progs", s.max_bpf_progs);
    add("perf_rb_pages", s.perf_rb_pages);
    add("log_size", s.log_size);
    add("cpp_demangle", s.cpp_demangle);
    add("lazy_symbolication", s.lazy_symbolication);
    add("cache_user_symbols", s.cache_user_symbols);
    return j;
}

// Kernel features by the names of the backend's table, as far as the tree shows them.
ordered_json needed_features(const Unit& unit) {
    class Loops final : public Walker {
    public:
        bool ranges = false, maps = false;
        void on_stmt(StmtPtr& stmt) override {
            ranges = ranges || stmt->kind == StmtKind::for_range;
            maps = maps || stmt->kind == StmtKind::for_map;
            walk_children(*stmt);
        }
    };
    Loops loops;
    // Walkers hand out owning pointers; this one only looks.
    for (const ProbeFunction& f : unit.functions) loops.on_clause(const_cast<Clause&>(f.body));
    ordered_json needs = {"ring_buffer"};
    if (loops.ranges) needs.push_back("loop");
    if (loops.maps) needs.push_back("for_each_map_elem");
    return needs;
}

}  // namespace

std::string output_type_name(size_t output) { return "avocet_out_" + std::to_string(output); }

bool output_has_members(const Output& o) { return o.kind == "join" || o.kind == "exit" || !o.members.empty(); }

std::string program_section(const ProbeFacts& facts) {
    switch (facts.context) {
        case AVOCET_CONTEXT_TRACEPOINT: return "tracepoint";
        case AVOCET_CONTEXT_TRACEPOINT_BTF: return "tp_btf";
        case AVOCET_CONTEXT_PT_REGS: return facts.probetype.rfind("k", 0) == 0 ? "kprobe" : "uprobe";
        case AVOCET_CONTEXT_PERF_EVENT: return "perf_event";
        case AVOCET_CONTEXT_FENTRY: return "fentry";
        case AVOCET_CONTEXT_FEXIT: return "fexit";
        case AVOCET_CONTEXT_ITERATOR: return "iter";
        default: return "raw_tp";
    }
}

namespace {

ordered_json whole_manifest(const Unit& unit) {
    ordered_json j;
    j["schema"] = AVOCET_MANIFEST_SCHEMA;
    j["tool"] = unit.source ? string(unit.source->tool) : "";
    j["frontend"] = "frontend.dsl";
    j["frontend_version"] = "0.1.0";
    j["target"] = unit.source && unit.portable() ? "portable" : "local";
    j["source"] = {{"name", unit.source ? string(unit.source->name) : ""},
                   {"text", unit.source ? string(unit.source->text) : ""}};
    j["license"] = unit.settings.license;
    j["events"] = true;
    j["functions"] = ordered_json::array();
    for (size_t i = 0; i < unit.functions.size(); ++i) j["functions"].push_back(function_entry(unit, i));
    j["maps"] = ordered_json::array();
    for (const MapInfo& m : unit.script.maps) {
        j["maps"].push_back(map_entry(unit, m));
        if (!unit.is_imported(m)) continue;
        ordered_json& entry = j["maps"].back();
        entry["symbol"] = m.name.substr(1);
        entry["keyed"] = entry["imported"] = true;
    }
    if (!unit.libraries.empty()) j["imports"] = true;
    j["outputs"] = ordered_json::array();
    for (size_t i = 0; i < unit.outputs.size(); ++i) j["outputs"].push_back(output_entry(unit, i));
    j["stacks"] = unit.max_stack_frames;
    j["settings"] = settings_entry(unit.settings);
    if (!unit.facts.empty()) j["facts"] = ordered_json::array();
    for (const RunTimeFact& fact : unit.facts) j["facts"].push_back(fact_entry(fact));
    j["options"] = ordered_json::array();
    for (const ScriptOption& option : unit.options) j["options"].push_back(option_entry(option));
    j["needs"] = needed_features(unit);
    return j;
}

std::string dump(const ordered_json& j) { return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

// The session comes first, the two functions alone second.
void add_session(ordered_json& functions, const lower::Session& session) {
    ordered_json whole = functions[session.entry];
    whole["name"] = session.name;
    whole["context"] = "kprobe_session";
    whole["group"] = session.name;
    whole["rank"] = 0;
    for (size_t part : {session.entry, session.at_return}) {
        functions[part]["group"] = session.name;
        functions[part]["rank"] = 1;
    }
    functions.push_back(std::move(whole));
}

}  // namespace

std::string manifest_json(const Unit& unit) { return dump(whole_manifest(unit)); }

std::string lower::manifest_json(const Unit& unit, const std::vector<Session>& sessions) {
    ordered_json j = whole_manifest(unit);
    for (const Session& session : sessions) add_session(j["functions"], session);
    return dump(j);
}

}  // namespace avocet::dsl
