// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve.
#include "provider.hpp"

#include <algorithm>

#include "avocet/btf_types.hpp"
#include "avocet/nearest.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::rawtracepoint {

namespace {

constexpr uint32_t cost_ns = 40;

bool matches_any(std::string_view alternatives, std::string_view name) {
    while (true) {
        size_t bar = alternatives.find('|');
        if (wildcard_match(alternatives.substr(0, bar), name)) return true;
        if (bar == std::string_view::npos) return false;
        alternatives.remove_prefix(bar + 1);
    }
}

Pattern parse_spec(const ProbeSpec& spec) {
    if (spec.parts.size() == 1) return {"", spec.parts[0]};
    if (spec.parts.size() == 2) return {spec.parts[0], spec.parts[1]};
    throw wrong_part_count(spec, "2 or 1");
}

void add_matches(const Module& module, const Pattern& pattern, std::vector<Target>& out) {
    // A pattern names its matches in full; an event that the user wrote without module keeps its name.
    bool with_module = !pattern.module.empty() || has_wildcard(pattern.event);
    for (const auto& [event, tracepoint] : module.tracepoints)
        if (matches_any(pattern.event, event))
            out.push_back(
                {"rawtracepoint:" + (with_module ? module.name + ":" : "") + event, event, &module, &tracepoint});
}

using Part = std::vector<const Target*>;

void add_args(ProbeGroup& group, const Target& sample) {
    TypeCopy types(sample.module->types.get());
    uint32_t word = 0;
    for (const auto& parameter : sample.module->parameters(*sample.tracepoint)) {
        ValueShape shape = shape_of(sample.module->types.get(), parameter.type_id);
        group.args.push_back({parameter.name, types.copy(parameter.type_id), AVOCET_PLACE_WORD, word++, shape.size,
                              shape.is_signed ? static_cast<uint32_t>(AVOCET_ARG_SIGNED) : 0});
    }
    group.btf = types.bytes();
}

// Targets of one module with the same parameters, in the order of their first.
std::vector<Part> split_by_layout(const std::vector<Target>& targets) {
    std::vector<Part> parts;
    std::map<std::string, size_t> index;
    for (const auto& target : targets) {
        std::string key = target.module->name;
        for (const auto& parameter : target.module->parameters(*target.tracepoint))
            key += ";" + parameter.name + ":" + std::to_string(parameter.type_id);
        auto [found, is_new] = index.emplace(key, parts.size());
        if (is_new) parts.emplace_back();
        parts[found->second].push_back(&target);
    }
    return parts;
}

// `typed`: the program's type is bound to the event, so that the kernel knows what its arguments are.
AttachPlan plan_for(const std::string& name, const std::string& event, const std::string& module, bool typed) {
    AttachPlan plan;
    plan.kind = typed ? AVOCET_PLAN_TRACEPOINT_BTF : AVOCET_PLAN_RAW_TRACEPOINT;
    plan.event = event;
    plan.module = module;
    plan.cost_ns = cost_ns;
    plan.targets = {{name, "", 0, 0}};
    return plan;
}

std::string spec_of(const Part& part) {
    if (part.size() == 1) return part[0]->name;
    std::string text = "rawtracepoint:" + part[0]->module->name + ":";
    for (const auto* target : part) text += (target == part[0] ? "" : "|") + target->event;
    return text;
}

}  // namespace

bool RawTracepointProvider::has_cookie() const {
    auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel && kernel->has_feature(kernel->ctx, "raw_tracepoint_cookie") == 1;
}

std::vector<Target> RawTracepointProvider::find(const Pattern& pattern) {
    std::vector<Target> out;
    const std::string module = pattern.module.empty() ? "*" : pattern.module;
    if (wildcard_match(module, "vmlinux")) add_matches(kernel_.vmlinux(), pattern, out);
    if (module == "vmlinux" || (pattern.module.empty() && !pattern.wildcard() && !out.empty())) return out;
    for (const auto& [name, types] : kernel_.modules())
        if (wildcard_match(module, name)) add_matches(types, pattern, out);
    std::sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.name < b.name; });
    return out;
}

std::vector<Target> RawTracepointProvider::find_or_throw(const Pattern& pattern) {
    auto targets = find(pattern);
    if (!targets.empty()) return targets;
    std::string event = pattern.event, hint;
    std::vector<std::string> names;
    for (const auto& [name, tracepoint] : kernel_.vmlinux().tracepoints) names.push_back(name);
    if (!pattern.wildcard()) hint = nearest_hint(event, names);
    if (hint.empty()) hint = "'avocet list \"rawtracepoint:*\"' shows those that this kernel has";
    throw Error(AVOCET_ERR_NOT_FOUND,
                "rawtracepoint '" + (pattern.module.empty() ? "" : pattern.module + ":") + event +
                    "': no such event in this kernel",
                hint);
}

void RawTracepointProvider::list(const ProbeSpec& spec, const Emit& emit) {
    Pattern pattern{"*", "*"};
    if (spec.parts.size() == 1 && !spec.parts[0].empty()) pattern.event = spec.parts[0];
    if (spec.parts.size() >= 2)
        pattern = {spec.parts[0].empty() ? "*" : spec.parts[0], spec.parts[1].empty() ? "*" : spec.parts[1]};
    for (const auto& target : find(pattern)) {
        std::vector<std::string> args;
        if (spec.verbose())
            for (const auto& parameter : target.module->parameters(*target.tracepoint))
                args.push_back(Declarations(target.module->types.get()).parameter(parameter.type_id, parameter.name));
        if (!emit_probe(emit, target.name, args)) return;
    }
}

void RawTracepointProvider::describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) {
    Pattern pattern = parse_spec(spec);
    auto targets = find_or_throw(pattern);
    emit.depends("kernel", "");
    for (const auto& [name, module] : kernel_.modules())
        if (std::any_of(targets.begin(), targets.end(), [&](const Target& t) { return t.module == &module; }))
            emit.depends("content", "/sys/kernel/btf/" + name);
    std::vector<Part> parts;
    const bool typed = spec.flags & AVOCET_SPEC_OWN_TYPE;  // such a program fits one event
    if (typed) {
        for (const auto& target : targets) parts.push_back({&target});
    } else if (flags & AVOCET_DESCRIBE_ARGS) {
        parts = split_by_layout(targets);
    } else {
        parts.emplace_back();
        for (const auto& target : targets) parts[0].push_back(&target);
    }
    for (const auto& part : parts) {
        ProbeGroup group;
        group.context = typed ? AVOCET_CONTEXT_TRACEPOINT_BTF : AVOCET_CONTEXT_RAW_TRACEPOINT;
        group.identity = has_cookie() && !typed ? AVOCET_IDENTITY_COOKIE : AVOCET_IDENTITY_FIXED;
        group.has = AVOCET_HAS_ARGS | AVOCET_HAS_ARGN | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
        group.space = AVOCET_SPACE_KERNEL;
        group.argn_place = AVOCET_PLACE_WORD;
        group.argn_count = UINT32_MAX;
        for (const auto* target : part) {
            group.targets.push_back(target->name);
            auto count = static_cast<uint32_t>(target->module->parameters(*target->tracepoint).size());
            group.argn_count = std::min(group.argn_count, count);  // what all of them have
        }
        group.probetype = "rawtracepoint";
        group.spec = part.size() == targets.size() ? spec.text : spec_of(part);
        if (flags & AVOCET_DESCRIBE_ARGS) add_args(group, *part[0]);
        if (!group.emit(emit)) return;
    }
}

// A session start with one exact event should not cost the parsing of the kernel's BTF: a cached program has no other
// need of it.
void RawTracepointProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Pattern pattern = parse_spec(spec);
    bool exact = !pattern.wildcard() && pattern.event.find('|') == std::string::npos;
    if (exact && (pattern.module.empty() || pattern.module == "vmlinux") && kernel_.has_event(pattern.event)) {
        std::string name = "rawtracepoint:" + (pattern.module.empty() ? "" : pattern.module + ":") + pattern.event;
        plan_for(name, pattern.event, "", spec.flags & AVOCET_SPEC_OWN_TYPE).emit(emit);
        return;
    }
    for (const auto& target : find_or_throw(pattern)) {
        std::string module = target.module->name == "vmlinux" ? "" : target.module->name;
        if (!plan_for(target.name, target.event, module, spec.flags & AVOCET_SPEC_OWN_TYPE).emit(emit)) return;
    }
}

}  // namespace avocet::rawtracepoint
