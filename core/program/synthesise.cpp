// SPDX-License-Identifier: Apache-2.0
//
// Section names follow libbpf's convention ("Program Types and ELF Sections" of the kernel's BPF documentation):
// PREFIX/REST, PREFIX alone, or an optional `?` in front for functions that are not loaded by default. What is kept is
// only what a probe spec can say; the rest of libbpf's list (xdp, tc, lsm, ...) is not tracing.
#include "program/synthesise.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <linux/bpf.h>

#include "program/constant_options.hpp"

namespace avocet::core {

namespace {

struct SectionRule {
    std::string_view prefix, probe, context;
    bool is_return;
};

constexpr SectionRule rules[] = {
    {"tracepoint", "tracepoint", "tracepoint", false},
    {"tp", "tracepoint", "tracepoint", false},
    {"raw_tracepoint", "rawtracepoint", "raw_tracepoint", false},
    {"raw_tp", "rawtracepoint", "raw_tracepoint", false},
    {"tp_btf", "rawtracepoint", "tracepoint_btf", false},
    {"kprobe", "kprobe", "pt_regs", false},
    {"kretprobe", "kretprobe", "pt_regs", true},
    {"kprobe.multi", "kprobe", "pt_regs", false},
    {"kretprobe.multi", "kretprobe", "pt_regs", true},
    {"ksyscall", "ksyscall", "pt_regs", false},
    {"kretsyscall", "kretsyscall", "pt_regs", true},
    {"uprobe", "uprobe", "pt_regs", false},
    {"uretprobe", "uretprobe", "pt_regs", true},
    {"uprobe.s", "uprobe", "pt_regs", false},
    {"uretprobe.s", "uretprobe", "pt_regs", true},
    {"uprobe.multi", "uprobe", "pt_regs", false},
    {"uretprobe.multi", "uretprobe", "pt_regs", true},
    {"usdt", "usdt", "pt_regs", false},
    {"fentry", "fentry", "fentry", false},
    {"fentry.s", "fentry", "fentry", false},
    {"fexit", "fexit", "fexit", true},
    {"fexit.s", "fexit", "fexit", true},
    {"iter", "iter", "iterator", false},
    {"iter.s", "iter", "iterator", false},
    {"perf_event", "profile", "perf_event", false},
};

const SectionRule* find_rule(std::string_view prefix) {
    for (const auto& r : rules)
        if (r.prefix == prefix) return &r;
    return nullptr;
}

// "tracepoint/sched/sched_switch" -> "tracepoint:sched:sched_switch", "uprobe//bin/bash:readline" ->
// "uprobe:/bin/bash:readline".
std::string probe_spec(const SectionRule& rule, std::string_view rest) {
    if (rule.probe == "profile") return rest.empty() ? "profile:hz:99" : fmt::format("profile:{}", rest);
    std::string target(rest);
    if (rule.probe == "tracepoint") std::replace(target.begin(), target.end(), '/', ':');
    return target.empty() ? std::string(rule.probe) : fmt::format("{}:{}", rule.probe, target);
}

void add_function(Manifest& m, const ElfSymbol& symbol, std::string_view section, Diagnostics& diagnostics) {
    if (section.starts_with('?')) return;  // the author asked for it not to be loaded by default
    size_t slash = section.find('/');
    const SectionRule* rule = find_rule(section.substr(0, slash));
    if (!rule) {
        diagnostics.warning(
            "core.program",
            fmt::format("function '{}': section '{}' is not a tracing program, left out", symbol.name, section),
            "use SEC(\"tracepoint/CATEGORY/EVENT\"), SEC(\"kprobe/FUNCTION\") and the like");
        return;
    }
    ManifestFunction f;
    f.name = symbol.name;
    f.context = rule->context;
    f.identity = "fixed";
    f.is_return = rule->is_return;
    f.order = f.clause = static_cast<uint32_t>(m.functions.size());
    ManifestProbe probe;
    probe.spec = probe_spec(*rule, slash == std::string_view::npos ? std::string_view() : section.substr(slash + 1));
    f.label = probe.spec;
    f.probes.push_back(std::move(probe));
    m.functions.push_back(std::move(f));
}

// The `type` of a BTF-defined map; 0: not a map definition.
uint32_t map_kind(const BtfView& types, std::string_view symbol) {
    const btf_type* variable = types.type(types.find_variable(".maps", symbol));
    const btf_type* definition = variable ? types.type(types.resolve(variable->type)) : nullptr;
    const btf_member* kind = types.member(definition, "type");
    return kind ? types.definition_number(kind->type).value_or(0) : 0;
}

bool is_channel(uint32_t kind) { return kind == BPF_MAP_TYPE_RINGBUF || kind == BPF_MAP_TYPE_PERF_EVENT_ARRAY; }

bool is_printable(uint32_t kind) {
    switch (kind) {
        case BPF_MAP_TYPE_HASH:
        case BPF_MAP_TYPE_ARRAY:
        case BPF_MAP_TYPE_PERCPU_HASH:
        case BPF_MAP_TYPE_PERCPU_ARRAY:
        case BPF_MAP_TYPE_LRU_HASH:
        case BPF_MAP_TYPE_LRU_PERCPU_HASH: return true;
        default: return false;
    }
}

// Maps that are how a program works, not what it found: ours, and libbpf's of static probes.
bool is_internal(std::string_view name) { return name.starts_with("avocet_") || name.starts_with("__bpf_usdt_"); }

template <class Each>
void each_map(const ElfObject& elf, const Each& visit) {
    for (const auto& s : elf.symbols)
        if (s.object && elf.sections[s.section].name == ".maps") visit(s);
}

}  // namespace

std::vector<std::string> foreign_channels(const ElfObject& elf, const BtfView& types) {
    std::vector<std::string> found;
    each_map(elf, [&](const ElfSymbol& s) {
        if (s.name != AVOCET_MAP_EVENTS && s.name != AVOCET_MAP_CONTROL && is_channel(map_kind(types, s.name)))
            found.push_back(s.name);
    });
    return found;
}

Manifest synthesise_manifest(const ElfObject& elf, const BtfView& types, std::string name, Diagnostics& diagnostics) {
    Manifest m;
    m.tool = name;
    m.frontend = "object";
    m.target = "portable";
    m.source_name = std::move(name);
    if (const ElfSection* license = elf.find("license"))
        m.license = std::string(license->data.substr(0, license->data.find('\0')));
    for (const auto& s : elf.symbols) {
        const ElfSection& section = elf.sections[s.section];
        if (s.function && s.global && section.executable && section.name != ".text")
            add_function(m, s, section.name, diagnostics);
    }
    each_map(elf, [&](const ElfSymbol& s) {
        if (!is_printable(map_kind(types, s.name)) || is_internal(s.name)) return;
        ManifestMap map;
        map.name = map.symbol = s.name;
        map.keyed = true;
        m.maps.push_back(std::move(map));
    });
    m.options = constant_options(elf, types);
    return m;
}

}  // namespace avocet::core
