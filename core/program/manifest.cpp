// SPDX-License-Identifier: Apache-2.0
//
// JSON to Manifest. The reader never stops at the first problem: every key of the wrong type, every number out of range
// and every name outside its list becomes one diagnostic with the path of the key ("functions[2].identity"), and the
// manifest is refused if there was any. Unknown keys are skipped: a newer writer of the same schema may add them.
#include "program/manifest.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace avocet::core {

namespace {

using nlohmann::json;

constexpr uint32_t code_json = 301, code_schema = 302, code_value = 303;
constexpr uint64_t most_buckets = 1'000'000;
constexpr uint32_t most_intervals = 1'000'000;

// One JSON object with the path that leads to it. Getters leave `out` alone when the key is absent.
class Reader {
public:
    Reader(const json& value, std::string path, Diagnostics& diagnostics, bool& failed)
        : value_(value), path_(std::move(path)), diagnostics_(diagnostics), failed_(failed) {
        if (!value_.is_object()) wrong({}, "must be an object");
    }

    void read(const char* key, std::string& out) const {
        if (const json* v = find(key))
            v->is_string() ? void(out = v->get_ref<const std::string&>()) : wrong(key, "must be a string");
    }
    void read(const char* key, bool& out) const {
        if (const json* v = find(key))
            v->is_boolean() ? void(out = v->get<bool>()) : wrong(key, "must be true or false");
    }
    template <class Integer>
    void read_number(const char* key, Integer& out, Integer most = std::numeric_limits<Integer>::max()) const {
        const json* v = find(key);
        if (!v) return;
        if (v->is_number_unsigned()) {
            auto n = v->get<uint64_t>();
            if (n > static_cast<uint64_t>(most)) return wrong(key, fmt::format("must be at most {}", most));
            out = static_cast<Integer>(n);
        } else if (v->is_number_integer() && std::in_range<Integer>(v->get<int64_t>())) {
            out = static_cast<Integer>(v->get<int64_t>());
        } else {
            wrong(key, std::is_signed_v<Integer> ? "must be an integer" : "must be a non-negative integer");
        }
    }
    void choose(const char* key, std::string& out, std::initializer_list<const char*> allowed) const {
        read(key, out);
        if (std::find(allowed.begin(), allowed.end(), out) != allowed.end()) return;
        if (find(key)) wrong(key, fmt::format("must be one of {}, not '{}'", fmt::join(allowed, " "), out));
    }
    void require(const char* key) const {
        if (value_.is_object() && !find(key)) wrong(key, "is missing");
    }
    template <class Each>
    void each(const char* key, const Each& visit) const {
        const json* list = find(key);
        if (!list) return;
        if (!list->is_array()) return wrong(key, "must be an array");
        for (size_t i = 0; i < list->size(); ++i) visit((*list)[i], fmt::format("{}[{}]", join(key), i));
    }
    void wrong(const char* key, std::string_view fact) const {
        failed_ = true;
        diagnostics_.error("core.program", fmt::format("manifest: '{}' {}", join(key ? key : ""), fact),
                           "the object was damaged or made by an incompatible compiler: compile it again", code_value);
    }
    const json* find(const char* key) const {
        if (!value_.is_object()) return nullptr;
        auto at = value_.find(key);
        return at == value_.end() || at->is_null() ? nullptr : &*at;
    }
    Reader inner(const json& value, std::string path) const { return {value, std::move(path), diagnostics_, failed_}; }
    std::string join(std::string_view key) const {
        if (key.empty()) return path_.empty() ? "manifest" : path_;
        return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
    }

private:
    const json& value_;
    std::string path_;
    Diagnostics& diagnostics_;
    bool& failed_;
};

Place read_place(const Reader& r, const std::string& file) {
    Place p;
    p.file = file;
    r.read_number("line", p.line);
    r.read_number("column", p.column);
    r.read_number("end_line", p.end_line);
    r.read_number("end_column", p.end_column);
    return p;
}

ManifestFunction read_function(const Reader& r, const std::string& file) {
    ManifestFunction f;
    for (auto key : {"name", "context"}) r.require(key);
    r.read("name", f.name);
    r.choose("context", f.context,
             {"tracepoint", "raw_tracepoint", "tracepoint_btf", "pt_regs", "kprobe_session", "perf_event", "fentry",
              "fexit", "iterator", "runtime"});
    f.identity = "fixed";
    r.choose("identity", f.identity, {"cookie", "selector", "fixed"});
    r.choose("missing", f.missing, {"error", "warn", "ignore"});
    r.read("label", f.label);
    r.read("group", f.group);
    r.read_number("rank", f.rank);
    r.read_number("clause", f.clause);
    r.read_number("order", f.order);
    r.read_number("selector_count", f.selector_count, 65536u);
    r.read("return", f.is_return);
    r.each("probes", [&](const json& value, std::string path) {
        Reader p = r.inner(value, std::move(path));
        ManifestProbe probe;
        p.require("spec");
        p.read("spec", probe.spec);
        probe.place = read_place(p, file);
        f.probes.push_back(std::move(probe));
    });
    if (f.label.empty() && !f.probes.empty()) f.label = f.probes.front().spec;
    return f;
}

ManifestMap read_map(const Reader& r) {
    ManifestMap m;
    for (auto key : {"name", "symbol"}) r.require(key);
    r.read("name", m.name);
    r.read("symbol", m.symbol);
    r.read("short_symbol", m.short_symbol);
    r.choose("aggregate", m.aggregate,
             {"none", "count", "sum", "min", "max", "avg", "stats", "hist", "lhist", "tseries"});
    r.read("keyed", m.keyed);
    r.read("signed", m.is_signed);
    r.read("print", m.print);
    r.read("imported", m.imported);
    r.read_number("bits", m.bits, 5u);
    r.read_number("min", m.min);
    r.read_number("max", m.max);
    r.read_number("step", m.step);
    r.read_number("interval_ns", m.interval_ns);
    r.read_number("intervals", m.intervals, most_intervals);
    r.choose("combine", m.combine, {"last", "avg", "max", "min", "sum"});
    if (m.aggregate == "tseries" && m.interval_ns < 1) r.wrong("interval_ns", "must be at least 1");
    if (m.aggregate == "tseries" && m.intervals < 1) r.wrong("intervals", "must be at least 1");
    if (m.aggregate != "lhist") return m;
    if (m.step < 1)
        r.wrong("step", "must be at least 1");
    else if (m.min >= m.max)
        r.wrong("max", "must be above min");
    else if ((static_cast<uint64_t>(m.max) - static_cast<uint64_t>(m.min)) / static_cast<uint64_t>(m.step) >
             most_buckets)
        r.wrong("step", "makes too many buckets");
    return m;
}

ManifestOutput read_output(const Reader& r, const std::string& file, size_t map_count) {
    ManifestOutput o;
    r.require("kind");
    r.choose(
        "kind", o.kind,
        {"printf", "value", "time", "join", "print_map", "clear", "zero", "exit", "error", "cat", "system", "packet"});
    r.read("type", o.type);
    r.read("format", o.format);
    o.separator = " ";
    r.read("separator", o.separator);
    r.read("message", o.message);
    o.severity = o.kind == "error" ? "error" : "";
    if (o.kind == "error") r.choose("severity", o.severity, {"error", "warning"});
    r.read("helper", o.helper);
    r.read("file", o.file);
    r.read_number("max_bytes", o.max_bytes);
    r.read_number("clause", o.clause);
    r.read_number("top", o.top);
    r.read_number("div", o.div);
    o.place = read_place(r, file);
    r.read_number("map", o.map);
    bool needs_map = o.kind == "print_map" || o.kind == "clear" || o.kind == "zero";
    if (needs_map && (o.map < 0 || static_cast<size_t>(o.map) >= map_count))
        r.wrong("map", "must be the number of a map");
    if (o.kind == "printf" || o.kind == "cat" || o.kind == "system") r.require("format");
    if (o.kind == "packet")
        for (auto key : {"type", "file"}) r.require(key);
    if (o.kind == "value") r.require("type");
    return o;
}

ManifestOption read_option(const Reader& r) {
    ManifestOption o;
    for (auto key : {"name", "type"}) r.require(key);
    r.read("name", o.name);
    r.choose("type", o.type, {"bool", "int", "uint", "string"});
    r.read("doc", o.doc);
    r.read("constant", o.constant);
    if (const json* v = r.find("default")) {
        if (v->is_structured())
            r.wrong("default", "must be a string, a number, true or false");
        else
            o.default_text = v->is_string() ? v->get<std::string>() : v->dump();
    }
    return o;
}

ManifestFact read_fact(const Reader& r, const std::string& file) {
    ManifestFact f;
    for (auto key : {"kind", "name"}) r.require(key);
    r.choose("kind", f.kind, {"argument", "kernel_symbol", "cgroup", "clock_offset", "unwind_tables"});
    r.read("name", f.name);
    r.read("constant", f.constant);
    r.read("function", f.function);
    r.read_number("place", f.preferred_place);
    r.read_number("index", f.index);
    r.read_number("size", f.size);
    f.place = read_place(r, file);
    return f;
}

void read_settings(const Reader& r, Manifest& m) {
    r.read("print_maps_on_exit", m.settings.print_maps_on_exit);
    r.read("str_trunc_trailer", m.settings.str_trunc_trailer);
    r.read("stack_mode", m.settings.stack_mode);
    r.read("missing_probes", m.settings.missing_probes);
    r.read_number("max_strlen", m.settings.max_strlen);
    r.read_number("max_probes", m.settings.max_probes);
    r.read_number("max_bpf_progs", m.settings.max_programs);
    r.read_number("perf_rb_pages", m.settings.buffer_pages);
    r.read_number("log_size", m.settings.log_size);
    r.read("cpp_demangle", m.settings.demangle);
    r.read("lazy_symbolication", m.settings.lazy_symbols);
    r.read("cache_user_symbols", m.settings.symbol_cache);
}

template <class Items, class Name>
void require_unique(const Reader& r, const char* list, const Items& items, const Name& name) {
    std::set<std::string_view> seen;
    for (const auto& item : items)
        if (!name(item).empty() && !seen.insert(name(item)).second)
            r.wrong(list, fmt::format("holds '{}' twice", name(item)));
}

void read_lists(const Reader& r, Manifest& m) {
    r.each("functions", [&](const json& v, std::string path) {
        m.functions.push_back(read_function(r.inner(v, std::move(path)), m.source_name));
    });
    r.each("maps", [&](const json& v, std::string path) { m.maps.push_back(read_map(r.inner(v, std::move(path)))); });
    r.each("outputs", [&](const json& v, std::string path) {
        m.outputs.push_back(read_output(r.inner(v, std::move(path)), m.source_name, m.maps.size()));
    });
    r.each("facts", [&](const json& v, std::string path) {
        m.facts.push_back(read_fact(r.inner(v, std::move(path)), m.source_name));
    });
    r.each("options",
           [&](const json& v, std::string path) { m.options.push_back(read_option(r.inner(v, std::move(path)))); });
    r.each("needs", [&](const json& v, std::string path) {
        if (v.is_string())
            m.needs.push_back(v.get<std::string>());
        else
            r.inner(json::object(), std::move(path)).wrong(nullptr, "must be a string");
    });
    require_unique(r, "functions", m.functions, [](const auto& f) -> std::string_view { return f.name; });
    require_unique(r, "maps", m.maps, [](const auto& f) -> std::string_view { return f.symbol; });
    require_unique(r, "options", m.options, [](const auto& o) -> std::string_view { return o.name; });
}

bool check_schema(const Reader& r, Manifest& m, Diagnostics& diagnostics) {
    r.require("schema");
    r.read_number("schema", m.schema);
    if (m.schema == AVOCET_MANIFEST_SCHEMA) return true;
    diagnostics.error("core.program",
                      fmt::format("manifest: schema {} is not the schema {} that this version reads", m.schema,
                                  AVOCET_MANIFEST_SCHEMA),
                      m.schema > AVOCET_MANIFEST_SCHEMA
                          ? "update avocet, or compile the program again with this version"
                          : "compile the program again with this version",
                      code_schema);
    return false;
}

}  // namespace

std::optional<Manifest> parse_manifest(std::string_view text, Diagnostics& diagnostics) {
    while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
    json root;
    try {
        root = json::parse(text);
    } catch (const json::parse_error& e) {
        diagnostics.error("core.program", fmt::format("manifest: not valid JSON at byte {}", e.byte),
                          "the object was damaged: compile it again", code_json);
        return std::nullopt;
    } catch (const json::exception&) {  // a number that no double holds
        diagnostics.error("core.program", "manifest: a number is out of range",
                          "the object was damaged: compile it again", code_json);
        return std::nullopt;
    }
    bool failed = false;
    Manifest m;
    Reader r(root, "", diagnostics, failed);
    if (failed || !check_schema(r, m, diagnostics)) return std::nullopt;
    r.read("tool", m.tool);
    r.read("frontend", m.frontend);
    r.read("frontend_version", m.frontend_version);
    r.read("target", m.target);
    r.read("license", m.license);
    r.read("events", m.events);
    r.read("imports", m.imports);
    r.read_number("stacks", m.stacks, 4096u);
    if (const json* v = r.find("source")) {
        Reader source = r.inner(*v, "source");
        source.read("name", m.source_name);
        source.read("text", m.source_text);
    }
    if (const json* v = r.find("settings")) read_settings(r.inner(*v, "settings"), m);
    read_lists(r, m);
    if (failed) return std::nullopt;
    return m;
}

bool Manifest::answers(const ManifestQuestion& question) const {
    const auto found = given.find(question.option);
    const std::string value = found == given.end() ? "" : found->second;
    const bool is = question.value ? value == *question.value : !value.empty() && value != "false" && value != "0";
    return is != question.negated;
}

}  // namespace avocet::core
