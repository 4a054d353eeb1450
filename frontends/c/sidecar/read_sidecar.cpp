// SPDX-License-Identifier: Apache-2.0
//
// TOML to Sidecar. A table is read key by key; what nobody asked for is an unknown key, with the nearest known one.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "avocet/nearest.hpp"
#include "sidecar/sidecar.hpp"

namespace avocet::c {

namespace {

constexpr uint32_t most_interval_ms = 24 * 3600 * 1000;
constexpr size_t most_entries = 1024;

SidecarPlace place_of(const toml::source_region& r) {
    return {r.begin.line, r.begin.column, r.begin.line == r.end.line ? r.end.column : r.begin.column + 1};
}

class Table {
public:
    Table(const toml::table& table, std::string path, std::vector<SidecarMistake>& mistakes)
        : table_(table), path_(std::move(path)), mistakes_(mistakes) {}
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    ~Table() {
        for (const auto& [key, node] : table_) {
            if (known_.contains(std::string(key.str()))) continue;
            const std::string near = avocet::nearest(key.str(), known_);
            wrong(fmt::format("key '{}': not known", name(key.str())),
                  near.empty() ? "sdk/docs/c-tools.md lists what there is" : fmt::format("did you mean '{}'?", near),
                  place_of(key.source()));
        }
    }

    SidecarPlace place() const { return place_of(table_.source()); }
    SidecarPlace place(const char* key) const {
        const toml::node* node = table_.get(key);
        return node ? place_of(node->source()) : place();
    }
    bool has(const char* key) const { return table_.get(key); }
    void wrong(std::string text, std::string hint, SidecarPlace at) const {
        if (mistakes_.size() < most_entries) mistakes_.push_back({std::move(text), std::move(hint), at});
    }
    void wrong(const char* key, std::string_view fact, std::string hint = {}) const {
        wrong(fmt::format("key '{}': {}", name(key), fact), std::move(hint), place(key));
    }

    const toml::node* get(const char* key) {
        known_.insert(key);
        return table_.get(key);
    }
    void read(const char* key, std::string& out) {
        if (const toml::node* node = get(key))
            node->is_string() ? void(out = **node->as_string()) : wrong(key, "must be a string");
    }
    void read(const char* key, bool& out) {
        if (const toml::node* node = get(key))
            node->is_boolean() ? void(out = **node->as_boolean()) : wrong(key, "must be true or false");
    }
    void read(const char* key, std::optional<bool>& out) {
        bool value = false;
        if (!has(key)) return void(get(key));
        read(key, value);
        out = value;
    }
    // A string, number or boolean as text.
    void read_scalar(const char* key, std::optional<std::string>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        out = scalar(*node);
        if (!out) wrong(key, "must be a string, a number, true or false");
    }
    void read(const char* key, std::vector<std::string>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        if (!node->is_array()) return wrong(key, "must be a list of strings");
        for (const toml::node& item : *node->as_array()) {
            const std::optional<std::string> text = item.is_table() ? std::nullopt : scalar(item);
            text ? out.push_back(*text) : wrong(key, "must be a list of strings");
        }
    }
    void read(const char* key, std::map<std::string, std::string>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        if (!node->is_table()) return wrong(key, "must be a table of strings");
        for (const auto& [word, value] : *node->as_table()) {
            const std::optional<std::string> text = scalar(value);
            text ? void(out[std::string(word.str())] = *text) : wrong(key, "must be a table of strings");
        }
    }
    void read(const char* key, uint32_t& out) {
        const toml::node* node = get(key);
        if (!node) return;
        const auto number = node->is_integer() ? **node->as_integer() : 0;
        number > 0 && number <= UINT32_MAX ? void(out = static_cast<uint32_t>(number))
                                           : wrong(key, "must be a number from 1");
    }
    void require(const char* key) const {
        if (!has(key)) wrong(fmt::format("key '{}': is missing", name(key)), {}, place());
    }
    void one_of(const char* key, const std::string& value, std::initializer_list<const char*> allowed) const {
        if (!has(key) || std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
        wrong(key, fmt::format("must be one of {}, not '{}'", fmt::join(allowed, ", "), value));
    }
    template <class Each>
    void tables(const char* key, const Each& each) {
        const toml::node* node = get(key);
        if (!node) return;
        const toml::array* list = node->as_array();
        if (!list) return wrong(key, fmt::format("must be a list of tables: [[{}]]", key));
        for (size_t i = 0; i < list->size() && i < most_entries; ++i) {
            const toml::table* table = (*list)[i].as_table();
            if (!table) {
                wrong(key, fmt::format("must be a list of tables: [[{}]]", key));
                continue;
            }
            Table inner(*table, fmt::format("{}[{}]", name(key), i), mistakes_);
            each(inner);
        }
    }
    template <class Each>
    void table(const char* key, const Each& each) {
        const toml::node* node = get(key);
        if (!node) return;
        if (!node->is_table()) return wrong(key, "must be a table");
        Table inner(*node->as_table(), name(key), mistakes_);
        each(inner);
    }

private:
    static std::optional<std::string> scalar(const toml::node& node) {
        if (node.is_string()) return **node.as_string();
        if (node.is_integer()) return fmt::to_string(**node.as_integer());
        if (node.is_boolean()) return **node.as_boolean() ? "true" : "false";
        return std::nullopt;
    }
    std::string name(std::string_view key) const {
        return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    }
    const toml::table& table_;
    std::string path_;
    std::vector<SidecarMistake>& mistakes_;
    std::set<std::string> known_;
};

// "250ms", "1s", "2m" or a number of seconds.
void read_duration(Table& table, const char* key, uint32_t& out) {
    const toml::node* node = table.get(key);
    if (!node) return;
    uint64_t ms = 0;
    if (node->is_integer() && **node->as_integer() > 0) ms = static_cast<uint64_t>(**node->as_integer()) * 1000;
    if (node->is_string()) {
        const std::string& text = **node->as_string();
        size_t at = 0;
        for (; at < text.size() && at < 9 && text[at] >= '0' && text[at] <= '9'; ++at)
            ms = ms * 10 + static_cast<uint64_t>(text[at] - '0');
        const std::string unit = text.substr(at);
        ms *= unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60000 : 0;
    }
    if (ms == 0 || ms > most_interval_ms)
        return table.wrong(key, "must be a time of up to a day", "for example \"1s\" or \"250ms\"");
    out = static_cast<uint32_t>(ms);
}

void check_spec(Table& table, const char* key, const std::string& spec) {
    if (spec.empty() || spec.find(':') == std::string::npos)
        table.wrong(key, fmt::format("'{}' is not a probe", spec),
                    "for example \"kprobe:vfs_read\" or \"tracepoint:sched:sched_switch\"");
}

void read_alternative(Table& table, const char* key, const toml::node& node, Attachment& out,
                      std::vector<SidecarMistake>& mistakes) {
    Alternative one;
    if (node.is_string()) {
        one.spec = **node.as_string();
        check_spec(table, key, one.spec);
    } else if (node.is_table()) {
        Table inner(*node.as_table(), key, mistakes);
        inner.require("spec");
        inner.read("spec", one.spec);
        inner.read("args", one.args);
        if (inner.has("spec")) check_spec(inner, "spec", one.spec);
    } else {
        table.wrong(key, "must be a probe, or a list of probes");
    }
    out.probes.push_back(std::move(one));
}

Attachment read_attachment(Table& table, std::vector<SidecarMistake>& mistakes) {
    Attachment out;
    out.place = table.place();
    table.require("function");
    table.read("function", out.function);
    table.read("required", out.required);
    std::vector<std::string> args;
    table.read("args", args);
    const toml::node *probe = table.get("probe"), *probes = table.get("probes");
    if (!probe == !probes)
        table.wrong("key 'attach': needs either 'probe' or 'probes'",
                    "'probe' takes the first that can be had, 'probes' takes all", table.place());
    out.all = probes;
    for (const char* key : {"probe", "probes"}) {
        const toml::node* node = table.get(key);
        if (!node) continue;
        if (!node->is_array())
            read_alternative(table, key, *node, out, mistakes);
        else
            for (const toml::node& item : *node->as_array()) read_alternative(table, key, item, out, mistakes);
        if (out.probes.empty()) table.wrong(key, "is empty");
    }
    for (Alternative& one : out.probes)
        if (one.args.empty()) one.args = args;
    return out;
}

SidecarOption read_option(Table& table) {
    SidecarOption out;
    out.place = table.place();
    table.require("name");
    table.read("name", out.name);
    table.read("help", out.help);
    table.read("var", out.var);
    table.read("define", out.define);
    table.read("replace", out.replace);
    table.read("replace_else", out.replace_else);
    table.read("short", out.short_name);
    if (!out.short_name.empty() &&
        (out.short_name.size() != 1 || !std::isalpha(static_cast<unsigned char>(out.short_name[0]))))
        table.wrong("short", "must be one letter", "short = \"p\" is -p on the command line");
    table.read("type", out.type);
    table.one_of("type", out.type, {"int", "uint", "bool", "string", "choice", "pid", "path", "duration"});
    table.read("set", out.set);
    table.read("where", out.where);
    table.read("positional", out.positional);
    const bool top = out.set.starts_with("map.") && out.set.ends_with(".top");
    if (!out.set.empty() && !top)
        table.one_of("set", out.set, {"run.interval", "run.count", "run.duration", "map.NAME.top"});
    table.read("choices", out.choices);
    if (out.type == "choice" && out.choices.empty()) table.wrong("type", "needs 'choices', a list of words");
    table.read_scalar("default", out.preset);
    const bool shown = !out.set.empty() || !out.where.empty();
    if (out.var.empty() && out.define.empty() && out.replace.empty() && !shown)
        table.wrong("key 'option': has no effect", "give it 'var', 'define', 'replace', 'set' or 'where'", out.place);
    if (shown && (!out.var.empty() || !out.define.empty() || !out.replace.empty()))
        table.wrong("key 'option': 'set' and 'where' say how records are shown, the others what is loaded",
                    "use one of them", out.place);
    if (!out.var.empty() && (!out.define.empty() || !out.replace.empty()))
        table.wrong("key 'option': 'var' is set where the program runs, 'define' and 'replace' where it is compiled",
                    "use one of them", out.place);
    return out;
}

// field("task_struct", "__state"), type("folio"), enumerator("BPF_F_TOKEN_FD"), tracepoint("sched:sched_switch"),
// kernel("5.11").
Choice read_choice(Table& table) {
    Choice out;
    out.place = table.place();
    for (const char* key : {"token", "when", "then", "else"}) table.require(key);
    table.read("token", out.token);
    table.read("then", out.then);
    table.read("else", out.otherwise);
    std::string when;
    table.read("when", when);
    const size_t open = when.find('('), close = when.rfind(')');
    if (open != std::string::npos && close != std::string::npos && close > open) out.predicate = when.substr(0, open);
    for (size_t at = open; at < close && out.arguments.size() < 4;) {
        const size_t begin = when.find('"', at), end = begin == std::string::npos ? begin : when.find('"', begin + 1);
        if (end == std::string::npos) break;
        out.arguments.push_back(when.substr(begin + 1, end - begin - 1));
        at = end + 1;
    }
    static const std::set<std::string> of_one = {"type", "enumerator", "tracepoint", "symbol", "kernel", "feature"};
    const size_t wanted = out.predicate == "field" ? 2 : of_one.contains(out.predicate) ? 1 : 0;
    if (table.has("when") && (!wanted || out.arguments.size() != wanted))
        table.wrong(
            "when", fmt::format("'{}' is not a question that can be answered", when),
            "it is one of field(\"STRUCT\", \"MEMBER\"), type(\"NAME\"), enumerator(\"NAME\"), symbol(\"NAME\"), "
            "tracepoint(\"CATEGORY:EVENT\"), kernel(\"5.11\"), feature(\"NAME\")");
    return out;
}

SidecarEvent read_event(Table& table) {
    SidecarEvent out;
    out.place = table.place();
    table.require("map");
    table.read("map", out.map);
    table.read("type", out.type);
    table.read("where", out.where);
    out.where_place = table.place("where");
    table.read("header", out.header);
    table.tables("columns", [&](Table& column) {
        SidecarColumn c;
        c.place = column.place();
        column.require("field");
        column.read("head", c.head);
        column.read("field", c.field);
        column.read("as", c.as);
        column.read("format", c.format);
        out.columns.push_back(std::move(c));
    });
    return out;
}

SidecarMap read_map(Table& table) {
    SidecarMap out;
    out.place = table.place();
    table.require("name");
    table.read("name", out.name);
    table.read("title", out.title);
    table.read("as", out.as);
    table.read("slot", out.slot);
    table.read("section", out.section);
    table.read("print", out.print);
    table.read("clear", out.clear);
    table.read("top", out.top);
    table.read("max_entries", out.max_entries);
    table.read("reduce", out.reduce);
    table.one_of("reduce", out.reduce, {"sum", "max", "avg", "each"});
    table.one_of("as", out.as, {"table", "log2hist", "linearhist", "slots", "hidden"});
    return out;
}

void read_all(Table& root, Sidecar& out, std::vector<SidecarMistake>& mistakes) {
    if (const toml::node* schema = root.get("schema"); schema && (!schema->is_integer() || **schema->as_integer() != 1))
        root.wrong("schema", "must be 1");
    root.table("tool", [&](Table& t) {
        t.read("name", out.name);
        t.read("summary", out.summary);
        t.read("dialect", out.dialect);
        t.one_of("dialect", out.dialect, {"bcc", "libbpf", "auto"});
    });
    root.table("compile", [&](Table& t) {
        std::map<std::string, std::string> defines;
        t.read("defines", defines);
        for (const auto& [name, value] : defines) out.defines.push_back(name + "=" + value);
        t.read("include", out.include_dirs);
        t.read("license", out.license);
        t.read("cpu", out.cpu);
        t.one_of("cpu", out.cpu, {"v1", "v2", "v3", "v4"});
    });
    root.table("run", [&](Table& t) {
        t.read("begin", out.begin);
        t.read("end", out.end);
        t.read("count", out.count);
        read_duration(t, "duration", out.duration_ms);
        t.read("header", out.header);
        read_duration(t, "interval", out.interval_ms);
    });
    root.tables("attach", [&](Table& t) { out.attachments.push_back(read_attachment(t, mistakes)); });
    root.tables("option", [&](Table& t) { out.options.push_back(read_option(t)); });
    root.tables("choose", [&](Table& t) { out.choices.push_back(read_choice(t)); });
    root.tables("event", [&](Table& t) { out.events.push_back(read_event(t)); });
    root.tables("map", [&](Table& t) { out.maps.push_back(read_map(t)); });
}

// What toml++ says, in our form of speech.
std::string said(std::string_view description) {
    std::string out(description);
    if (out.starts_with("Error while ")) out = "mistake while " + out.substr(12);
    while (out.ends_with('.')) out.pop_back();
    return out;
}

}  // namespace

Sidecar read_sidecar(std::string_view text, const std::string& file, std::vector<SidecarMistake>& mistakes) {
    Sidecar out;
    out.file = file;
    try {
        const toml::table parsed = toml::parse(text, file);
        Table root(parsed, "", mistakes);
        read_all(root, out, mistakes);
    } catch (const toml::parse_error& e) { mistakes.push_back({said(e.description()), {}, place_of(e.source())}); }
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const auto& a, const auto& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    return out;
}

}  // namespace avocet::c
