// SPDX-License-Identifier: Apache-2.0
//
// TOML to Sidecar.
#include <algorithm>
#include <cctype>
#include <set>

#include "sidecar/placeholders.hpp"
#include "sidecar/read_tables.hpp"

namespace avocet::c {

namespace {

constexpr uint32_t most_interval_ms = 24 * 3600 * 1000;

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

constexpr const char* license_macro = "BPF_LICENSE";
constexpr const char* license_twice = "'BPF_LICENSE' is said by the source, or by the key 'license'";

// The name of -DNAME, -DNAME=VALUE, -UNAME; empty: it is none.
std::string macro_of(const std::string& flag) {
    if (!flag.starts_with("-D") && !flag.starts_with("-U")) return {};
    const std::string name = flag.substr(2, flag[1] == 'D' ? flag.find('=') - 2 : std::string::npos);
    const bool word =
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    return word && !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) ? name : std::string();
}

// -w, -Wunused, -Wno-format=2, and not what hands words to other tools: -Wp,WORD.
bool is_warning(const std::string& flag) {
    return flag == "-w" ||
           (flag.starts_with("-W") && flag.size() > 2 && std::all_of(flag.begin() + 2, flag.end(), [](unsigned char c) {
                return std::isalnum(c) || c == '-' || c == '+' || c == '=';
            }));
}

// Macros and warnings only: nothing that reads files, or that makes another program than the one that is checked.
void read_flags(Table& table, std::vector<std::string>& out) {
    table.read("flags", out);
    const toml::node* node = table.get("flags");
    for (size_t i = 0; i < out.size() && node && node->is_array() && out.size() == node->as_array()->size(); ++i) {
        const std::string macro = macro_of(out[i]);
        const SidecarPlace place = place_of((*node->as_array())[i].source());
        if (macro.empty() && !is_warning(out[i]))
            table.wrong(fmt::format("key 'compile.flags': '{}' is not allowed", out[i]),
                        "there are -DNAME, -DNAME=VALUE, -UNAME, -WNAME and -w; 'include' names directories, 'cpu' the "
                        "instruction set",
                        place);
        if (macro == license_macro)
            table.wrong(fmt::format("key 'compile.flags': {}", license_twice), "license = \"GPL\"", place);
    }
}

void check_spec(Table& table, const char* key, const std::string& spec) {
    if (spec.empty() || spec.find(':') == std::string::npos)
        table.wrong(key, fmt::format("'{}' is not a probe", spec),
                    "for example \"kprobe:vfs_read\" or \"tracepoint:sched:sched_switch\"");
}

void read_alternative(Table& table, const char* key, const toml::node& node, Attachment& out,
                      std::vector<SidecarMistake>& mistakes) {
    Alternative one;
    one.place = place_of(node.source());
    if (node.is_string()) {
        one.spec = **node.as_string();
        check_spec(table, key, one.spec);
    } else if (node.is_table()) {
        Table inner(*node.as_table(), key, mistakes);
        inner.require("spec");
        inner.read("spec", one.spec);
        inner.read("args", one.args);
        inner.read("lower", one.lower);
        inner.one_of("lower", one.lower, {"syscall", "function", "none"});
        if (one.lower == "function" && (!one.spec.starts_with("kprobe:") || one.spec.find('+') != std::string::npos))
            inner.wrong("lower", "only the entry of a kernel function has another way of this kind",
                        "spec = \"kprobe:FUNCTION\"");
        if (inner.has("spec")) check_spec(inner, "spec", one.spec);
    } else {
        table.wrong(key, "must be a probe, or a list of probes");
    }
    out.probes.push_back(std::move(one));
}

// A number, or "{OPTION}".
void read_pid(Table& table, std::string& out) {
    std::optional<std::string> text;
    table.read_scalar("pid", text);
    if (!text) return;
    out = *text;
    const bool number = !out.empty() && out.find_first_not_of("0123456789") == std::string::npos && out.size() < 8;
    if (!number && !(out.starts_with('{') && placeholders(out).size() == 1 && out.ends_with('}')))
        table.wrong("pid", fmt::format("'{}' is no process id", out), "a number, or \"{OPTION}\"");
}

Attachment read_attachment(Table& table, std::vector<SidecarMistake>& mistakes) {
    Attachment out;
    out.place = table.place();
    table.require("function");
    table.read("function", out.function);
    table.read("required", out.required);
    std::string use;
    table.read("use", use);
    table.one_of("use", use, {"best", "both"});
    out.both = use == "both";
    table.read("cookie", out.cookie);
    read_pid(table, out.pid);
    read_questions(table, "when", out.when);
    std::vector<std::string> args;
    table.read("args", args);
    const toml::node *probe = table.get("probe"), *probes = table.get("probes");
    if (!probe == !probes)
        table.wrong("key 'attach': needs either 'probe' or 'probes'",
                    "'probe' takes the first that can be had, 'probes' takes all", table.place());
    out.all = probes || out.both;
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

void read_all(Table& root, Sidecar& out, std::vector<SidecarMistake>& mistakes) {
    if (const toml::node* schema = root.get("schema"); schema && (!schema->is_integer() || **schema->as_integer() != 1))
        root.wrong("schema", "must be 1");
    root.table("tool", [&](Table& t) {
        t.read("name", out.name);
        t.read("summary", out.summary);
        t.read("version", out.version);
        t.read("description", out.description);
        t.read("examples", out.examples);
        t.read("source", out.source);
        out.source_place = t.place("source");
        if (t.has("source") && out.source.empty()) t.wrong("source", "is empty", "source = \"FILE.c\"");
        t.read("dialect", out.dialect);
        t.one_of("dialect", out.dialect, {"bcc", "libbpf", "auto"});
    });
    root.table("compile", [&](Table& t) {
        std::map<std::string, std::string> defines;
        t.read("defines", defines);
        read_flags(t, out.flags);
        for (const auto& [name, value] : defines) out.defines.push_back(name + "=" + value);
        if (defines.contains(license_macro)) t.wrong("defines", license_twice, "license = \"GPL\"");
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
        std::string loss;
        t.read("loss", loss);
        t.one_of("loss", loss, {"report", "ignore"});
        out.reports_losses = loss != "ignore";
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
        check_references(out, mistakes);
    } catch (const toml::parse_error& e) { mistakes.push_back({said(e.description()), {}, place_of(e.source())}); }
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const auto& a, const auto& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    return out;
}

}  // namespace avocet::c
