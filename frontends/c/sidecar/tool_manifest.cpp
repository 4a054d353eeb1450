// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "sidecar/sidecar.hpp"

namespace avocet::c {

namespace {

using nlohmann::json;

void put_place(json& entry, const Sidecar& sidecar, const SidecarPlace& place) {
    if (!place.line) return;
    entry["file"] = sidecar.file;
    entry["line"] = place.line;
    entry["column"] = place.column;
    entry["end_column"] = place.end_column;
}

json function_entry(const Sidecar& sidecar, const FunctionProbes& f) {
    json entry = {{"name", f.function}, {"missing", f.required ? "error" : "warn"}, {"first", f.first}};
    if (f.off) return {{"name", f.function}, {"off", true}};
    if (f.both) entry["both"] = true;
    if (f.pid) entry["pid"] = f.pid;
    if (f.cookie) entry["cookie"] = *f.cookie;
    if (!f.needs.empty()) entry["needs"] = f.needs;
    for (const Question& q : f.when) {
        const bool probe = q.predicate == "tracepoint";
        json question = {{"ask", probe ? "probe" : q.predicate}, {"of", q.arguments}};
        if (probe) question["of"][0] = "tracepoint:" + q.arguments[0];
        if (q.negated) question["not"] = true;
        entry["when"].push_back(std::move(question));
    }
    if (!f.group.empty()) entry["group"] = f.group, entry["rank"] = f.rank;
    for (const std::string& spec : f.specs) {
        json probe = {{"spec", spec}};
        put_place(probe, sidecar, f.place);
        entry["probes"].push_back(std::move(probe));
    }
    return entry;
}

json question_entry(const Question& q) {
    json entry = {{"option", q.arguments[0]}};
    if (q.arguments.size() > 1) entry["is"] = q.arguments[1];
    if (q.negated) entry["not"] = true;
    return entry;
}

void put_columns(json& entry, const Sidecar& sidecar, const std::vector<SidecarColumn>& columns) {
    for (const SidecarColumn& c : columns) {
        json column = {{"head", c.head}, {"field", c.field}, {"as", c.as}, {"format", c.format}};
        if (!c.value.empty()) column["value"] = c.value;
        if (c.width) column["width"] = c.width;
        for (const Question& q : c.when) column["when"].push_back(question_entry(q));
        put_place(column, sidecar, c.place);
        entry["columns"].push_back(std::move(column));
    }
}

// An expression, or a word, and where it stands.
void put_expression(json& entry, const Sidecar& sidecar, const char* key, const std::string& text,
                    const SidecarPlace& place) {
    if (text.empty()) return;
    entry[key] = text;
    json& at = entry[std::string(key) + "_at"] = json::object();
    put_place(at, sidecar, place);
}

json event_entry(const Sidecar& sidecar, const SidecarEvent& e) {
    json entry = {{"map", e.map}, {"header", e.header && sidecar.header}};
    if (!e.type.empty()) entry["type"] = e.type;
    if (!e.id.empty()) entry["id"] = e.id;
    if (!e.title.empty()) entry["title"] = e.title;
    if (e.skip_zero) entry["skip_zero"] = true;
    put_expression(entry, sidecar, "where", e.where, e.where_place);
    put_expression(entry, sidecar, "when", e.when, e.when_place);
    put_columns(entry, sidecar, e.columns);
    return entry;
}

json map_entry(const Sidecar& sidecar, const SidecarMap& m) {
    json entry = {{"map", m.name}};
    if (!m.title.empty()) entry["title"] = m.title;
    if (m.as == "hidden" || m.print) entry["print"] = m.as != "hidden" && m.print.value_or(true);
    if (m.as == "table" || m.as == "count" || m.as == "stacks" || m.as == "folded") entry["as"] = "none";
    if (m.as == "log2hist" || m.as == "linearhist" || m.as == "slots") entry["as"] = m.as;
    if (m.as == "folded") entry["folded"] = true;
    if (!m.slot.empty()) entry["slot"] = m.slot;
    if (!m.section.empty()) entry["section"] = m.section;
    if (!m.section_head.empty()) entry["section_head"] = m.section_head;
    if (!m.section_as.empty()) entry["section_as"] = m.section_as;
    if (!m.label.empty()) entry["label"] = m.label;
    if (!m.style.empty()) entry["style"] = m.style;
    put_expression(entry, sidecar, "unit", m.unit, m.unit_place);
    put_expression(entry, sidecar, "value", m.value, m.value_place);
    if (m.skip_zero) entry["skip_zero"] = true;
    if (m.clear) entry["clear"] = *m.clear;
    if (m.top) entry["top"] = m.top;
    if (!m.reduce.empty()) entry["reduce"] = m.reduce;
    if (!m.at_end) entry["at_end"] = false;
    if (!m.at_interval) entry["at_interval"] = false;
    if (!m.columns.empty()) entry["header"] = m.header && sidecar.header;
    put_columns(entry, sidecar, m.columns);
    put_expression(entry, sidecar, "sort", m.sort, m.sort_place);
    if (!m.total.empty()) entry["total"] = m.total;
    put_expression(entry, sidecar, "join", m.join, m.join_place);
    if (!m.join_on.empty()) entry["on"] = m.join_on;
    return entry;
}

std::string help_of(const SidecarOption& o) {
    std::string out = o.help;
    const auto add = [&](const std::string& text) { out += (out.empty() ? "" : " ") + text; };
    std::string choices;
    for (const std::string& one : o.choices) choices += (choices.empty() ? "" : ", ") + one;
    if (!choices.empty()) add("(one of " + choices + ")");
    if (o.preset) add("(default: " + *o.preset + ")");
    return out;
}

json run_option(const SidecarOption& o) {
    json entry = {{"name", o.name},      {"short", o.short_name}, {"help", help_of(o)},   {"type", o.type},
                  {"set", o.set},        {"where", o.where},      {"choices", o.choices}, {"positional", o.positional},
                  {"metavar", o.metavar}};
    if (o.preset) entry["default"] = *o.preset;
    if (!o.map.empty()) entry["map"] = o.map;
    return entry;
}

}  // namespace

std::string tool_manifest(const Sidecar& sidecar, const std::vector<FunctionProbes>& functions,
                          const std::string& if_rejected) {
    json root = json::object();
    if (!if_rejected.empty()) root["if_rejected"] = {if_rejected};
    if (!sidecar.name.empty()) root["tool"] = sidecar.name;
    if (!sidecar.summary.empty()) root["summary"] = sidecar.summary;
    if (!sidecar.version.empty()) root["version"] = sidecar.version;
    if (!sidecar.description.empty()) root["description"] = sidecar.description;
    if (!sidecar.examples.empty()) root["examples"] = sidecar.examples;
    if (!sidecar.begin.empty()) root["begin"] = sidecar.begin;
    if (!sidecar.end.empty()) root["end"] = sidecar.end;
    if (sidecar.count) root["count"] = sidecar.count;
    if (sidecar.duration_ms) root["duration_ms"] = sidecar.duration_ms;
    if (sidecar.interval_ms) root["interval_ms"] = sidecar.interval_ms;
    if (!sidecar.reports_losses) root["report_losses"] = false;
    for (const FunctionProbes& f : functions) root["functions"].push_back(function_entry(sidecar, f));
    for (const SidecarEvent& e : sidecar.events) root["events"].push_back(event_entry(sidecar, e));
    for (const SidecarMap& m : sidecar.maps) root["maps"].push_back(map_entry(sidecar, m));
    for (const SidecarOption& o : sidecar.options) {
        if (o.is_built()) {
            json entry = {{"name", o.name},
                          {"short", o.short_name},
                          {"help", help_of(o)},
                          {"type", o.type},
                          {"positional", o.positional}};
            if (!o.metavar.empty()) entry["metavar"] = o.metavar;
            root["build_options"].push_back(std::move(entry));
            continue;
        }
        if (o.var.empty()) {
            root["options"].push_back(run_option(o));
            continue;
        }
        json entry = {{"var", o.var}, {"name", o.name}, {"form", o.type}, {"positional", o.positional}};
        if (!o.map.empty()) entry["map"] = o.map;
        if (!o.short_name.empty()) entry["short"] = o.short_name;
        if (!o.metavar.empty()) entry["metavar"] = o.metavar;
        if (!o.help.empty()) entry["help"] = o.help;
        if (o.preset) entry["default"] = *o.preset;
        root["options"].push_back(std::move(entry));
    }
    return root.empty() ? std::string() : root.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace avocet::c
