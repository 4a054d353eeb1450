// SPDX-License-Identifier: Apache-2.0
//
// Section names follow libbpf's convention ("Program Types and ELF Sections" of the kernel's BPF documentation):
// PREFIX/REST, PREFIX alone, or an optional `?` in front for functions that are not loaded by default. What is kept is
// only what a probe spec can say; the rest of libbpf's list (xdp, tc, cgroup, ...) is not tracing.
#include "program/synthesise.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <linux/bpf.h>

#include "avocet/nearest.hpp"
#include "program/constant_options.hpp"

namespace avocet::core {

namespace {

// `rank`: of those that watch one thing from the same side, the lower is preferred (typed arguments, less to pay).
struct SectionRule {
    std::string_view prefix, probe, context;
    bool is_return;
    uint32_t rank = 0;
};

constexpr SectionRule rules[] = {
    {"tracepoint", "tracepoint", "tracepoint", false, 2},
    {"tp", "tracepoint", "tracepoint", false, 2},
    {"raw_tracepoint", "rawtracepoint", "raw_tracepoint", false, 1},
    {"raw_tp", "rawtracepoint", "raw_tracepoint", false, 1},
    {"tp_btf", "rawtracepoint", "tracepoint_btf", false},
    {"kprobe", "kprobe", "pt_regs", false, 1},
    {"kretprobe", "kretprobe", "pt_regs", true, 1},
    {"kprobe.multi", "kprobe", "pt_regs", false, 1},
    {"kretprobe.multi", "kretprobe", "pt_regs", true, 1},
    {"kprobe.session", "kprobe", "kprobe_session", false},
    {"ksyscall", "kprobe", "pt_regs", false, 1},
    {"kretsyscall", "kretprobe", "pt_regs", true, 1},
    {"uprobe", "uprobe", "pt_regs", false},
    {"uretprobe", "uretprobe", "pt_regs", true},
    {"uprobe.s", "uprobe", "pt_regs", false},
    {"uretprobe.s", "uretprobe", "pt_regs", true},
    {"uprobe.multi", "uprobe", "pt_regs", false},
    {"uretprobe.multi", "uretprobe", "pt_regs", true},
    {"uprobe.multi.s", "uprobe", "pt_regs", false},
    {"uretprobe.multi.s", "uretprobe", "pt_regs", true},
    {"usdt", "usdt", "pt_regs", false},
    {"usdt.s", "usdt", "pt_regs", false},
    {"fentry", "fentry", "fentry", false},
    {"fentry.s", "fentry", "fentry", false},
    {"fexit", "fexit", "fexit", true},
    {"fexit.s", "fexit", "fexit", true},
    {"fmod_ret", "fmod_ret", "fexit", false},
    {"fmod_ret.s", "fmod_ret", "fexit", false},
    {"lsm", "lsm", "fentry", false},
    {"lsm.s", "lsm", "fentry", false},
    {"iter", "iter", "iterator", false},
    {"iter.s", "iter", "iterator", false},
    {"perf_event", "profile", "perf_event", false},
};

// Of the kernel functions behind system calls (CONFIG_ARCH_HAS_SYSCALL_WRAPPER: arch/*/include/asm/syscall_wrapper.h).
#if defined(__x86_64__)
constexpr std::string_view system_call_prefix = "__x64_sys_";
#elif defined(__aarch64__)
constexpr std::string_view system_call_prefix = "__arm64_sys_";
#else
constexpr std::string_view system_call_prefix = "sys_";
#endif

const SectionRule* find_rule(std::string_view prefix) {
    for (const auto& r : rules)
        if (r.prefix == prefix) return &r;
    return nullptr;
}

std::string nearest_section(std::string_view section) {
    std::vector<std::string> known;
    for (const auto& r : rules) known.emplace_back(r.prefix);
    const std::string near = avocet::nearest_hint(section.substr(0, section.find('/')), known);
    return near.empty() ? "use SEC(\"tracepoint/CATEGORY/EVENT\"), SEC(\"kprobe/FUNCTION\") and the like" : near;
}

// "tracepoint/sched/sched_switch" -> "tracepoint:sched:sched_switch", "uprobe//bin/bash:readline" ->
// "uprobe:/bin/bash:readline".
std::string probe_spec(const SectionRule& rule, std::string_view rest) {
    if (rule.probe == "profile" && rest.find('=') != std::string_view::npos) return fmt::format("software:{}", rest);
    if (rule.probe == "profile") return rest.empty() ? "profile:hz:99" : fmt::format("profile:{}", rest);
    std::string target(rest);
    if (rule.prefix.ends_with("syscall")) target.insert(0, system_call_prefix);
    if (rule.probe == "tracepoint") std::replace(target.begin(), target.end(), '/', ':');
    return target.empty() ? std::string(rule.probe) : fmt::format("{}:{}", rule.probe, target);
}

// What two programs on one event, or on one side of one function, have in common: libbpf's tools carry several and
// their loaders take one.
std::string group_of(const SectionRule& rule, std::string_view rest) {
    if (rest.empty()) return {};
    if (rule.context == "tracepoint" || rule.probe == "rawtracepoint")
        return fmt::format("event:{}", rest.substr(rest.rfind('/') + 1));
    if (rule.probe == "kprobe" || rule.probe == "kretprobe" || rule.probe == "fentry" || rule.probe == "fexit")
        return fmt::format("{}:{}", rule.is_return ? "return" : "entry", rest);
    return {};
}

// Decl tags of functions, by their names.
class FunctionTags {
public:
    explicit FunctionTags(const BtfView& types) : types_(types) {
        for (uint32_t id = 1; const btf_type* t = types.type(id); ++id)
            if (btf_is_func(t) && !types.tags(id).empty()) ids_.emplace(types.name(t), id);
    }
    // What the tags say of where it attaches: `avocet:probe=SPEC`, as often as there are places; `avocet:optional`.
    void apply(ManifestFunction& f) const {
        const auto found = ids_.find(f.name);
        if (found == ids_.end()) return;
        bool first = true;
        for (std::string_view tag : types_.tags(found->second)) {
            constexpr std::string_view probe = "avocet:probe=";
            if (!tag.starts_with(probe)) continue;
            if (std::exchange(first, false)) f.probes.clear(), f.group.clear(), f.missing = "error";
            ManifestProbe one;
            one.spec = tag.substr(probe.size());
            f.probes.push_back(std::move(one));
            f.label = f.probes.front().spec;
        }
        for (std::string_view tag : types_.tags(found->second))
            if (tag == "avocet:optional") f.missing = "warn";
    }

private:
    const BtfView& types_;
    std::map<std::string_view, uint32_t> ids_;
};

void add_function(Manifest& m, const ElfSymbol& symbol, std::string_view section, Diagnostics& diagnostics) {
    if (section.starts_with('?')) return;  // the author asked for it not to be loaded by default
    size_t slash = section.find('/');
    const SectionRule* rule = find_rule(section.substr(0, slash));
    if (!rule) {
        diagnostics.warning(
            "core.program",
            fmt::format("function '{}': section '{}' is not a tracing program, left out", symbol.name, section),
            nearest_section(section));
        return;
    }
    ManifestFunction f;
    f.name = symbol.name;
    f.context = rule->context;
    f.identity = "fixed";
    f.missing = "warn";  // tools name tracepoints of several kernels and machines
    f.is_return = rule->is_return;
    f.order = f.clause = static_cast<uint32_t>(m.functions.size());
    ManifestProbe probe;
    probe.spec = probe_spec(*rule, slash == std::string_view::npos ? std::string_view() : section.substr(slash + 1));
    f.label = probe.spec;
    f.group = slash == std::string_view::npos ? std::string() : group_of(*rule, section.substr(slash + 1));
    f.rank = rule->rank;
    const bool whole = slash != std::string_view::npos || rule->probe == "profile";
    if (whole) f.probes.push_back(std::move(probe));  // else something else must say where
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

// `const volatile u64 kaddr_SYMBOL` is the address of a symbol of the kernel, as ebpf_exporter has it.
void add_addresses(const ElfObject& elf, Manifest& m) {
    constexpr std::string_view prefix = "kaddr_";
    for (const auto& s : elf.symbols) {
        if (!s.object || s.size != sizeof(uint64_t) || !s.name.starts_with(prefix)) continue;
        if (!elf.sections[s.section].name.starts_with(".rodata")) continue;
        ManifestFact fact;
        fact.kind = "kernel_symbol";
        fact.name = s.name.substr(prefix.size());
        fact.constant = s.name;
        m.facts.push_back(std::move(fact));
    }
}

// A group is one if its members differ in kind: two functions of one kind on one event are both meant.
void keep_alternates_only(Manifest& m) {
    std::map<std::string, std::set<uint32_t>> ranks;
    for (const auto& f : m.functions) ranks[f.group].insert(f.rank);
    for (auto& f : m.functions)
        if (ranks[f.group].size() < 2) f.group.clear();
}

bool is_slots_histogram(const BtfView& types, const btf_type* value) {
    const btf_member* slots = value && btf_is_struct(value) ? types.member(value, "slots") : nullptr;
    const btf_type* array = slots ? types.type(types.resolve(slots->type)) : nullptr;
    return array && btf_is_array(array);
}

// How a map wants to be shown: tags on the variable, else a value with an array `slots` is a histogram.
void present(const BtfView& types, ManifestMap& map) {
    const uint32_t variable = types.find_variable(".maps", map.symbol);
    const btf_type* v = types.type(variable);
    const btf_type* definition = v ? types.type(types.resolve(v->type)) : nullptr;
    const btf_member* value = types.member(definition, "value");
    const btf_type* pointer = value ? types.type(types.resolve(value->type)) : nullptr;
    const btf_type* target = pointer && btf_is_ptr(pointer) ? types.type(types.resolve(pointer->type)) : nullptr;
    if (is_slots_histogram(types, target)) map.aggregate = "slots";
    for (std::string_view tag : types.tags(variable)) {
        if (tag == "avocet:hide") map.print = false;
        if (tag == "avocet:hist=log2") map.aggregate = "log2hist";
        if (tag == "avocet:hist=linear") map.aggregate = "linearhist";
        if (tag == "avocet:hist=slots") map.aggregate = "slots";
        if (tag == "avocet:table") map.aggregate = "none";
        if (tag == "avocet:clear") map.clear = true;
        if (constexpr std::string_view unit = "avocet:unit="; tag.starts_with(unit)) map.unit = tag.substr(unit.size());
        if (constexpr std::string_view top = "avocet:top="; tag.starts_with(top))
            std::from_chars(tag.data() + top.size(), tag.data() + tag.size(), map.top);
    }
}

// Variables that a tag puts into the output: they live in sections that are maps of one element.
void add_variables(const ElfObject& elf, const BtfView& types, Manifest& m) {
    for (const auto& s : elf.symbols) {
        const std::string& section = elf.sections[s.section].name;
        if (!s.object || (section != ".bss" && section != ".data")) continue;
        const uint32_t id = types.find_variable(section, s.name);
        const auto tags = types.tags(id);
        if (std::find(tags.begin(), tags.end(), "avocet:print") == tags.end()) continue;
        const btf_type* t = types.type(types.resolve(types.type(id)->type));
        ManifestMap map;
        map.name = map.symbol = s.name;
        map.storage = section;
        map.storage_offset = s.offset;
        map.storage_elements = t && btf_is_array(t) ? btf_array(t)->nelems : 0;
        map.keyed = map.storage_elements != 0;
        const btf_type* element = map.keyed ? types.type(types.resolve(btf_array(t)->type)) : t;
        if (is_slots_histogram(types, element)) map.aggregate = "slots";
        m.maps.push_back(std::move(map));
    }
}

// The shortest interval that a map's tag asks for: `avocet:interval=500ms`.
void add_interval(const BtfView& types, std::string_view symbol, Manifest& m) {
    constexpr std::string_view word = "avocet:interval=";
    for (std::string_view tag : types.tags(types.find_variable(".maps", symbol))) {
        if (!tag.starts_with(word)) continue;
        uint64_t number = 0;
        const auto read = std::from_chars(tag.data() + word.size(), tag.data() + tag.size(), number);
        const std::string_view unit(read.ptr, static_cast<size_t>(tag.data() + tag.size() - read.ptr));
        constexpr uint64_t most_ms = 24 * 3600 * 1000;
        const uint64_t ms = unit == "ms" ? number : unit == "s" ? number * 1000 : 0;
        if (number > most_ms || !ms) continue;
        m.interval_ns = m.interval_ns ? std::min(m.interval_ns, ms * 1'000'000) : ms * 1'000'000;
    }
}

// The only array of control groups of the object is filled by an option, which also sets the flag that says so.
void add_cgroup_option(Manifest& m) {
    if (m.cgroup_maps.size() != 1) return;
    constexpr std::string_view flags[] = {"filter_cg", "filter_cgroup", "filter_by_cgroup"};
    const auto is_flag = [&](const ManifestOption& o) {
        return o.type == "bool" && std::find(std::begin(flags), std::end(flags), o.constant) != std::end(flags);
    };
    auto found = std::find_if(m.options.begin(), m.options.end(), is_flag);
    if (found == m.options.end()) found = m.options.insert(found, ManifestOption{});
    const bool taken =
        std::any_of(m.options.begin(), m.options.end(), [](const auto& o) { return o.name == "cgroup"; });
    found->name = taken ? m.cgroup_maps[0] : "cgroup";
    found->map = m.cgroup_maps[0];
    found->form = "cgroup";
    found->doc = "only in this control group: /user.slice";
}

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
    const FunctionTags tags(types);
    for (ManifestFunction& f : m.functions) tags.apply(f);
    each_map(elf, [&](const ElfSymbol& s) {
        if (!is_printable(map_kind(types, s.name)) || is_internal(s.name)) return;
        ManifestMap map;
        map.name = map.symbol = s.name;
        map.keyed = true;
        present(types, map);
        add_interval(types, s.name, m);
        m.maps.push_back(std::move(map));
    });
    add_variables(elf, types, m);
    add_addresses(elf, m);
    keep_alternates_only(m);
    m.options = constant_options(elf, types);
    each_map(elf, [&](const ElfSymbol& s) {
        if (map_kind(types, s.name) == BPF_MAP_TYPE_CGROUP_ARRAY) m.cgroup_maps.push_back(s.name);
    });
    add_cgroup_option(m);
    return m;
}

void add_imported(const ElfObject& elf, const BtfView& types, Manifest& m, Diagnostics& diagnostics) {
    std::set<std::string> functions, maps;
    for (const ManifestFunction& f : m.functions) functions.insert(f.name);
    for (const auto& s : elf.symbols) {
        const ElfSection& section = elf.sections[s.section];
        if (s.function && s.global && section.executable && section.name != ".text" && !functions.contains(s.name))
            add_function(m, s, section.name, diagnostics);
    }
    std::erase_if(m.functions, [&](const auto& f) { return !functions.contains(f.name) && f.probes.empty(); });
    for (ManifestMap& map : m.maps) {
        maps.insert(map.symbol);
        if (map.imported) present(types, map);
    }
    each_map(elf, [&](const ElfSymbol& s) {
        if (maps.contains(s.name) || !is_printable(map_kind(types, s.name)) || is_internal(s.name)) return;
        ManifestMap map;
        map.name = "@" + s.name;
        map.symbol = s.name;
        map.keyed = map.imported = true;
        present(types, map);
        m.maps.push_back(std::move(map));
    });
}

}  // namespace avocet::core
