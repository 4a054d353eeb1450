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
    if (!f.group.empty()) entry["group"] = f.group, entry["rank"] = f.rank;
    for (const std::string& spec : f.specs) {
        json probe = {{"spec", spec}};
        put_place(probe, sidecar, f.place);
        entry["probes"].push_back(std::move(probe));
    }
    return entry;
}

json event_entry(const Sidecar& sidecar, const SidecarEvent& e) {
    json entry = {{"map", e.map}, {"header", e.header && sidecar.header}};
    if (!e.type.empty()) entry["type"] = e.type;
    if (!e.where.empty()) {
        entry["where"] = e.where;
        entry["where_at"] = json::object();
        put_place(entry["where_at"], sidecar, e.where_place);
    }
    for (const SidecarColumn& c : e.columns) {
        json column = {{"head", c.head}, {"field", c.field}, {"as", c.as}, {"format", c.format}};
        put_place(column, sidecar, c.place);
        entry["columns"].push_back(std::move(column));
    }
    return entry;
}

json map_entry(const SidecarMap& m) {
    json entry = {{"map", m.name}};
    if (!m.title.empty()) entry["title"] = m.title;
    if (m.as == "hidden" || m.print) entry["print"] = m.as != "hidden" && m.print.value_or(true);
    if (m.as == "table") entry["as"] = "none";
    if (m.as == "log2hist" || m.as == "linearhist" || m.as == "slots") entry["as"] = m.as;
    if (!m.slot.empty()) entry["slot"] = m.slot;
    if (!m.section.empty()) entry["section"] = m.section;
    if (m.clear) entry["clear"] = *m.clear;
    if (m.top) entry["top"] = m.top;
    if (!m.reduce.empty()) entry["reduce"] = m.reduce;
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
    json entry = {{"name", o.name}, {"short", o.short_name}, {"help", help_of(o)},   {"type", o.type},
                  {"set", o.set},   {"where", o.where},      {"choices", o.choices}, {"positional", o.positional}};
    if (o.preset) entry["default"] = *o.preset;
    return entry;
}

}  // namespace

std::string tool_manifest(const Sidecar& sidecar, const std::vector<FunctionProbes>& functions,
                          const std::string& if_rejected) {
    json root = json::object();
    if (!if_rejected.empty()) root["if_rejected"] = {if_rejected};
    if (!sidecar.name.empty()) root["tool"] = sidecar.name;
    if (!sidecar.summary.empty()) root["summary"] = sidecar.summary;
    if (!sidecar.begin.empty()) root["begin"] = sidecar.begin;
    if (!sidecar.end.empty()) root["end"] = sidecar.end;
    if (sidecar.count) root["count"] = sidecar.count;
    if (sidecar.duration_ms) root["duration_ms"] = sidecar.duration_ms;
    if (sidecar.interval_ms) root["interval_ms"] = sidecar.interval_ms;
    for (const FunctionProbes& f : functions) root["functions"].push_back(function_entry(sidecar, f));
    for (const SidecarEvent& e : sidecar.events) root["events"].push_back(event_entry(sidecar, e));
    for (const SidecarMap& m : sidecar.maps) root["maps"].push_back(map_entry(m));
    for (const SidecarOption& o : sidecar.options) {
        if (!o.set.empty() || !o.where.empty()) {
            root["options"].push_back(run_option(o));
            continue;
        }
        if (o.var.empty()) {
            root["build_options"].push_back(
                {{"name", o.name}, {"short", o.short_name}, {"help", help_of(o)}, {"positional", o.positional}});
            continue;
        }
        json entry = {{"var", o.var}, {"name", o.name}, {"positional", o.positional}};
        if (!o.short_name.empty()) entry["short"] = o.short_name;
        if (!o.help.empty()) entry["help"] = o.help;
        if (o.preset) entry["default"] = *o.preset;
        root["options"].push_back(std::move(entry));
    }
    return root.empty() ? std::string() : root.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace avocet::c
