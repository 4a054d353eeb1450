// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve.
//
// The kernel binds a program of this kind to one function when it is loaded; the backend loads it once for each target.
// One program text serves all targets whose parameters have the same types at the same places.
#include "provider.hpp"

#include <map>
#include <set>

#include "avocet/probe_group.hpp"
#include "targets.hpp"

namespace avocet::fentry {

namespace {

constexpr uint32_t cost_ns = 40, return_cost_ns = 60;

KernelFunctions::Files files(const Options& values) {
    KernelFunctions::Files out;
    out.traceable = values.text("functions_file");
    if (values.is_set("symbols_file")) out.symbols = values.text("symbols_file");
    return out;
}

uint32_t sign(const ValueShape& shape) { return shape.is_signed ? static_cast<uint32_t>(AVOCET_ARG_SIGNED) : 0; }

// The context is an array of words: the arguments, then, at the return, the result.
void add_types(ProbeGroup& group, const FunctionType& type, bool with_args, bool with_result) {
    TypeCopy copy(type.types);
    uint32_t word = 0;
    for (const auto& p : type.parameters()) {
        if (with_args && !p.is_struct)
            group.args.push_back({p.name, copy.copy(p.type_id), AVOCET_PLACE_WORD, word, p.shape.size, sign(p.shape)});
        word += p.words ? p.words : 1;
    }
    if (with_result && type.returns_value()) {
        const ValueShape shape = shape_of(type.types, type.result());
        group.has |= AVOCET_HAS_RETVAL;
        group.retval = {"retval", copy.copy(type.result()), AVOCET_PLACE_WORD, word, shape.size, sign(shape)};
    }
    if (with_args) group.has |= AVOCET_HAS_ARGS;
    group.btf = copy.bytes();
}

std::string layout_of(const Target& target, bool with_args, bool with_result) {
    std::string key = target.module;
    uint32_t words = 0;
    for (const auto& p : target.type.parameters()) {
        if (with_args) key += ";" + p.name + ":" + std::to_string(p.type_id);
        words += p.words ? p.words : 1;
    }
    if (with_result) key += ">" + std::to_string(words) + ":" + std::to_string(target.type.result());
    return key;
}

using Part = std::vector<const Target*>;

std::vector<Part> split_by_layout(const std::vector<Target>& targets, bool with_args, bool with_result) {
    std::vector<Part> parts;
    std::map<std::string, size_t> index;
    for (const auto& target : targets) {
        const bool split = (with_args || with_result) && target.type;
        const auto [found, is_new] =
            index.emplace(split ? layout_of(target, with_args, with_result) : std::string(), parts.size());
        if (is_new) parts.emplace_back();
        parts[found->second].push_back(&target);
    }
    return parts;
}

std::string spec_of(const ProbeSpec& text, const Part& part) {
    if (part.size() == 1) return part[0]->name;
    std::string out = text.kind + ":" + part[0]->module + ":";
    for (const auto* target : part) out += (target == part[0] ? "" : "|") + target->function;
    return out;
}

}  // namespace

FentryProvider::FentryProvider(const Host& host, const Options& values)
    : host_(host), kernel_(files(values)), types_(host) {}

bool FentryProvider::has_feature(const char* name) const {
    auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel && kernel->has_feature(kernel->ctx, name) == 1;
}

void FentryProvider::list(const ProbeSpec& spec, const Emit& emit) {
    std::map<const ::btf*, Declarations> writers;
    for (const auto& target : list_targets(kernel_, types_, spec)) {
        std::vector<std::string> args;
        if (spec.verbose() && target.type) {
            auto& writer = writers.try_emplace(target.type.types, target.type.types).first->second;
            for (const auto& p : target.type.parameters()) args.push_back(writer.parameter(p.type_id, p.name));
            if (spec.kind == "fexit" && target.type.returns_value())
                args.push_back(writer.parameter(target.type.result(), "retval"));
        }
        if (!emit_probe(emit, target.name, args)) return;
    }
}

void FentryProvider::describe(const ProbeSpec& text, uint32_t flags, const Emit& emit) {
    const Spec spec = parse_spec(text);
    const auto targets = find_targets(kernel_, types_, spec);
    emit.depends("kernel", "");
    std::set<std::string> modules;
    for (const auto& target : targets)
        if (!target.module.empty() && target.module != "vmlinux") modules.insert(target.module);
    for (const auto& module : modules) emit.depends("content", "/sys/kernel/btf/" + module);
    // The result lies behind the arguments, so its place differs even where nothing else is asked for.
    const bool with_args = flags & AVOCET_DESCRIBE_ARGS, with_result = spec.is_return;
    const auto parts = split_by_layout(targets, with_args, with_result);
    for (const auto& part : parts) {
        ProbeGroup group;
        group.context = spec.is_return ? AVOCET_CONTEXT_FEXIT : AVOCET_CONTEXT_FENTRY;
        group.identity = has_feature("tracing_cookie") ? AVOCET_IDENTITY_COOKIE : AVOCET_IDENTITY_FIXED;
        group.space = AVOCET_SPACE_KERNEL;
        group.has = AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
        if (!spec.of_program) group.has |= AVOCET_HAS_FUNC;
        for (const auto* target : part) group.targets.push_back(target->name);
        group.probetype = text.kind;
        group.spec = part.size() == targets.size() ? text.text : spec_of(text, part);
        if ((with_args || with_result) && part[0]->type) add_types(group, part[0]->type, with_args, with_result);
        if (!group.emit(emit)) return;
    }
}

void FentryProvider::resolve(const ProbeSpec& text, const Emit& emit) {
    const Spec spec = parse_spec(text);
    for (const auto& target : find_targets(kernel_, types_, spec)) {
        AttachPlan plan;
        plan.kind = AVOCET_PLAN_FUNCTION;
        plan.flags = spec.is_return ? AVOCET_PLAN_RETURN : 0;
        plan.module = target.module == "vmlinux" ? "" : target.module;
        plan.cost_ns = spec.is_return ? return_cost_ns : cost_ns;
        plan.targets = {{target.name, target.function, target.program, 0}};
        if (!plan.emit(emit)) return;
    }
}

}  // namespace avocet::fentry
