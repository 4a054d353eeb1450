// SPDX-License-Identifier: Apache-2.0
//
// Untrusted input, as the manifest is: a wrong type is a reported error, never an exception that leaves this file.
#include "program/tool_manifest.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace avocet::core {

namespace {

using nlohmann::json;

constexpr uint32_t code_tool = 304;
constexpr size_t most_items = 4096;

struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string text(const json& object, const char* key, std::string otherwise = {}) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if (!found->is_string()) throw Wrong(fmt::format("'{}' must be a string", key));
    return found->get<std::string>();
}

bool flag(const json& object, const char* key, bool otherwise) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if (!found->is_boolean()) throw Wrong(fmt::format("'{}' must be true or false", key));
    return found->get<bool>();
}

uint32_t number(const json& object, const char* key, uint32_t otherwise) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if (!found->is_number_unsigned() || found->get<uint64_t>() > UINT32_MAX)
        throw Wrong(fmt::format("'{}' must be a number of 32 bits", key));
    return found->get<uint32_t>();
}

const json& list(const json& object, const char* key) {
    static const json none = json::array();
    const auto found = object.find(key);
    if (found == object.end()) return none;
    if (!found->is_array() || found->size() > most_items) throw Wrong(fmt::format("'{}' must be a list", key));
    return *found;
}

const json& item(const json& value) {
    if (!value.is_object()) throw Wrong("an entry must be an object");
    return value;
}

std::string word(const json& value) {
    if (!value.is_string()) throw Wrong("an entry must be a string");
    return value.get<std::string>();
}

Place place(const json& object, const std::string& file) {
    Place out;
    out.file = text(object, "file", file);
    out.line = number(object, "line", 0);
    out.column = number(object, "column", 0);
    out.end_line = out.line;
    out.end_column = number(object, "end_column", out.column);
    return out;
}

void read_function(const json& entry, Manifest& m, const std::string& name) {
    const auto found =
        std::find_if(m.functions.begin(), m.functions.end(), [&](const auto& f) { return f.name == name; });
    if (found == m.functions.end()) throw Wrong(fmt::format("function '{}' is not in the object", name));
    if (flag(entry, "off", false)) return void(m.functions.erase(found));
    ManifestFunction& f = *found;
    f.group = text(entry, "group", f.group);
    f.rank = number(entry, "rank", f.rank);
    f.missing = text(entry, "missing", f.missing);
    f.first_of = flag(entry, "first", f.first_of);
    if (flag(entry, "both", false)) f.group.clear(), f.rank = 0;
    if (const uint32_t pid = number(entry, "pid", 0); pid) f.pid = static_cast<int32_t>(std::min(pid, 1u << 22));
    f.needs = text(entry, "needs");
    for (const json& q : list(entry, "when")) {
        ManifestKernelQuestion& question = f.when.emplace_back();
        question.ask = text(item(q), "ask");
        for (const json& one : list(q, "of")) question.of.push_back(word(one));
        if (question.of.empty()) throw Wrong("'of' must say what is asked for");
        question.negated = flag(q, "not", false);
    }
    if (entry.contains("cookie")) f.cookie = number(entry, "cookie", 0);
    const json& probes = list(entry, "probes");
    if (!probes.empty()) f.probes.clear();
    for (const json& p : probes) f.probes.push_back({text(item(p), "spec"), place(p, m.source_name)});
    if (!probes.empty()) f.label = f.probes.front().spec;
}

// A name, or a pattern of names.
void read_functions(const json& entry, Manifest& m) {
    const std::string name = text(entry, "name");
    if (name.find_first_of("*?") == std::string::npos) return read_function(entry, m, name);
    bool any = false;
    std::vector<std::string> all;
    for (const ManifestFunction& f : m.functions) all.push_back(f.name);
    for (const std::string& one : all) {
        if (fnmatch(name.c_str(), one.c_str(), 0) != 0) continue;
        read_function(entry, m, one);
        any = true;
    }
    if (!any) throw Wrong(fmt::format("function '{}': the object has none of this pattern", name));
}

std::vector<ManifestColumn> read_columns(const json& entry, const Manifest& m) {
    std::vector<ManifestColumn> out;
    for (const json& value : list(entry, "columns")) {
        ManifestColumn& c = out.emplace_back();
        c.head = text(item(value), "head");
        c.field = text(value, "field");
        c.as = text(value, "as");
        c.format = text(value, "format");
        c.place = place(value, m.source_name);
        c.value = text(value, "value");
        c.width = std::min(number(value, "width", 0), 1024u);
        for (const json& q : list(value, "when")) {
            ManifestQuestion& question = c.when.emplace_back();
            question.option = text(item(q), "option");
            if (q.contains("is")) question.value = text(q, "is");
            question.negated = flag(q, "not", false);
        }
    }
    return out;
}

// Where an expression stands.
Place place_at(const json& entry, const char* key, const Manifest& m) {
    const auto found = entry.find(key);
    return found == entry.end() ? Place{} : place(item(*found), m.source_name);
}

void read_channel(const json& entry, const std::vector<std::string>& channels, Manifest& m) {
    ManifestChannel c;
    c.map = text(entry, "map");
    if (std::find(channels.begin(), channels.end(), c.map) == channels.end())
        throw Wrong(fmt::format("buffer '{}' is not in the object", c.map));
    c.type = text(entry, "type");
    c.id = text(entry, "id");
    c.header = flag(entry, "header", true);
    c.title = text(entry, "title");
    c.skip_zero = flag(entry, "skip_zero", false);
    c.where = text(entry, "where");
    c.where_place = place_at(entry, "where_at", m);
    c.when = text(entry, "when");
    c.when_place = place_at(entry, "when_at", m);
    c.columns = read_columns(entry, m);
    m.channels.push_back(std::move(c));
}

void read_map_table(const json& entry, ManifestMap& map, const Manifest& m) {
    map.columns = read_columns(entry, m);
    map.folded = flag(entry, "folded", false);
    map.header = flag(entry, "header", true);
    map.skip_zero = flag(entry, "skip_zero", false);
    map.sort = text(entry, "sort");
    map.sort_place = place_at(entry, "sort_at", m);
    for (const json& column : list(entry, "total")) map.total.push_back(word(column));
    map.join = text(entry, "join");
    map.join_on = text(entry, "on");
    map.join_place = place_at(entry, "join_at", m);
}

void read_map(const json& entry, Manifest& m) {
    const std::string symbol = text(entry, "map");
    const auto found =
        std::find_if(m.maps.begin(), m.maps.end(), [&](const auto& map) { return map.symbol == symbol; });
    if (found == m.maps.end()) throw Wrong(fmt::format("map '{}' is not in the object, or cannot be shown", symbol));
    found->name = text(entry, "title", found->name);
    found->aggregate = text(entry, "as", found->aggregate);
    found->print = flag(entry, "print", found->print);
    found->clear = flag(entry, "clear", found->clear);
    if (found->clear && !found->storage.empty()) throw Wrong(fmt::format("variable '{}' cannot be cleared", symbol));
    found->slot = text(entry, "slot", found->slot);
    found->top = number(entry, "top", 0);
    found->reduce = text(entry, "reduce", found->reduce);
    found->label = text(entry, "label");
    found->style = text(entry, "style");
    found->unit = text(entry, "unit", found->unit);
    found->unit_place = place_at(entry, "unit_at", m);
    found->value = text(entry, "value");
    found->value_place = place_at(entry, "value_at", m);
    found->at_end = flag(entry, "at_end", true);
    found->at_interval = flag(entry, "at_interval", true);
    read_map_table(entry, *found, m);
    for (const json& member : list(entry, "section")) found->section.push_back(word(member));
    found->section_head = text(entry, "section_head");
    found->section_as = text(entry, "section_as");
}

// How it is written on the command line.
void read_spelling(const json& entry, ManifestOption& o) {
    o.name = text(entry, "name", o.name);
    o.short_name = text(entry, "short");
    o.doc = text(entry, "help", o.doc);
    o.metavar = text(entry, "metavar");
    o.positional = flag(entry, "positional", false);
}

// The map that holds what is given; the option that the object itself would have for it is not wanted then.
std::string take_option_map(const json& entry, Manifest& m) {
    const std::string map = text(entry, "map");
    if (map.empty()) return map;
    if (std::find(m.cgroup_maps.begin(), m.cgroup_maps.end(), map) == m.cgroup_maps.end())
        throw Wrong(fmt::format("map '{}' is no array of control groups of the object", map));
    std::erase_if(m.options, [&](const ManifestOption& o) { return o.map == map && o.constant.empty(); });
    return map;
}

// What it replaces when it is given, if that is no constant.
void read_run_option(const json& entry, Manifest& m) {
    const std::string map = take_option_map(entry, m);
    ManifestOption& o = m.options.emplace_back();
    read_spelling(entry, o);
    o.type = text(entry, "type");
    o.set = text(entry, "set");
    o.where = text(entry, "where");
    o.map = map;
    for (const json& one : list(entry, "choices")) o.choices.push_back(word(one));
    if (entry.contains("default")) o.preset = text(entry, "default");
}

void read_option(const json& entry, Manifest& m) {
    if (!entry.contains("var")) return read_run_option(entry, m);
    const std::string constant = text(entry, "var"), map = take_option_map(entry, m);
    const auto found =
        std::find_if(m.options.begin(), m.options.end(), [&](const auto& o) { return o.constant == constant; });
    if (found == m.options.end())
        throw Wrong(fmt::format("variable '{}' is not a 'const volatile' variable of the object", constant));
    read_spelling(entry, *found);
    found->map = map;
    found->form = text(entry, "form");
    if (entry.contains("default")) found->preset = text(entry, "default");
}

}  // namespace

bool apply_tool_manifest(std::string_view bytes, const std::vector<std::string>& channels, Manifest& m,
                         Diagnostics& diagnostics) {
    while (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
    bool good = true;
    const auto wrong = [&](std::string_view what) {
        diagnostics.error("core.program", fmt::format("program '{}': {}", m.tool, what),
                          "look at the sidecar, or compile the program again", code_tool);
        good = false;
    };
    json root;
    try {
        root = json::parse(bytes);
        if (!root.is_object()) throw Wrong("must be an object");
        m.tool = text(root, "tool", m.tool);
        m.summary = text(root, "summary");
        m.version = text(root, "version");
        m.description = text(root, "description");
        for (const json& one : list(root, "examples")) m.examples.push_back(word(one));
        m.begin_text = text(root, "begin");
        m.end_text = text(root, "end");
        m.interval_count = number(root, "count", 0);
        m.duration_ns = uint64_t{number(root, "duration_ms", 0)} * 1'000'000;
        m.interval_ns = uint64_t{number(root, "interval_ms", 0)} * 1'000'000;
        m.report_losses = flag(root, "report_losses", true);
        const auto each = [&](const char* key, const auto& read) {
            for (const json& value : list(root, key)) try {
                    read(item(value));
                } catch (const Wrong& e) { wrong(e.what()); }
        };
        each("functions", [&](const json& v) { read_functions(v, m); });
        each("events", [&](const json& v) { read_channel(v, channels, m); });
        each("maps", [&](const json& v) { read_map(v, m); });
        for (const json& v : list(root, "if_rejected")) {
            if (!v.is_string()) throw Wrong("'if_rejected' must be a list of strings");
            m.if_rejected.push_back(v.get<std::string>());
        }
        each("build_options", [&](const json& v) {
            ManifestOption& o = m.build_options.emplace_back();
            read_spelling(v, o);
            o.type = text(v, "type");
        });
        each("options", [&](const json& v) { read_option(v, m); });
    } catch (const Wrong& e) { wrong(e.what()); } catch (const json::exception&) {
        wrong(fmt::format("section '{}' is damaged", tool_section));
    }
    return good;
}

}  // namespace avocet::core
