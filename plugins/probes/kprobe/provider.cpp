// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve.
#include "provider.hpp"

#include <map>

#include "avocet/probe_group.hpp"
#include "targets.hpp"

namespace avocet::kprobe {

namespace {

constexpr uint32_t cost_ns = 100, return_cost_ns = 200;
constexpr uint32_t call_registers = 6;  // x86-64: di si dx cx r8 r9

KernelFunctions::Files files(const Options& values) {
    KernelFunctions::Files out;
    out.traceable = values.text("functions_file");
    if (values.is_set("symbols_file")) out.symbols = values.text("symbols_file");
    return out;
}

// Parameters in registers, by the calling convention of x86-64: what does not fit goes to the stack as a whole.
std::vector<ProbeArg> register_args(const FunctionType& function, TypeCopy& copy) {
    std::vector<ProbeArg> out;
    uint32_t next = 0;
    for (const auto& p : function.parameters()) {
        if (p.words == 0 || next + p.words > call_registers) continue;
        if (!p.is_struct)
            out.push_back({p.name, copy.copy(p.type_id), AVOCET_PLACE_REGISTER, next, p.shape.size,
                           p.shape.is_signed ? static_cast<uint32_t>(AVOCET_ARG_SIGNED) : 0});
        next += p.words;
    }
    return out;
}

using Part = std::vector<const Target*>;

// What decides whether one program can serve both: names, places and types of the parameters.
std::string layout_of(const FunctionType& function, const std::string& module) {
    if (!function) return {};
    std::string key = module;
    for (const auto& p : function.parameters()) key += ";" + p.name + ":" + std::to_string(p.type_id);
    return key;
}

std::vector<Part> split_by_layout(FunctionTypes& types, const std::vector<Target>& targets) {
    std::vector<Part> parts;
    std::map<std::string, size_t> index;
    for (const auto& target : targets) {
        const auto key = layout_of(types.find(target.module, target.function), target.module);
        const auto [found, is_new] = index.emplace(key, parts.size());
        if (is_new) parts.emplace_back();
        parts[found->second].push_back(&target);
    }
    return parts;
}

Part all_of(const std::vector<Target>& targets) {
    Part out;
    for (const auto& target : targets) out.push_back(&target);
    return out;
}

std::string spec_of(const ProbeSpec& text, const Spec& spec, const Part& part) {
    if (part.size() == 1) return part[0]->name;
    std::string out = text.kind + ":";
    if (!spec.module.empty()) out += spec.module + ":";
    for (const auto* target : part) out += (target == part[0] ? "" : "|") + target->function;
    return out;
}

std::string describe_note(const Spec& spec, size_t count, bool multi) {
    if (spec.by_address || spec.has_offset) return "an address inside a function: a breakpoint of its own";
    if (count > 1 && !multi) return "this kernel has no kprobe_multi: one kprobe each";
    return {};
}

}  // namespace

KprobeProvider::KprobeProvider(const Host& host, const Options& values)
    : host_(host), kernel_(files(values)), types_(host) {}

bool KprobeProvider::has_feature(const char* name) const {
    auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel && kernel->has_feature(kernel->ctx, name) == 1;
}

void KprobeProvider::list(const ProbeSpec& spec, const Emit& emit) {
    const bool is_return = spec.kind == "kretprobe";
    std::map<const ::btf*, Declarations> writers;
    for (const auto& target : list_targets(kernel_, spec)) {
        std::vector<std::string> args;
        const FunctionType type = spec.verbose() ? types_.find(target.module, target.function) : FunctionType{};
        if (type) {
            auto& writer = writers.try_emplace(type.types, type.types).first->second;
            uint32_t number = 0;
            if (is_return)
                args.push_back(type.returns_value() ? writer.parameter(type.result(), "retval") : "void");
            else
                for (const auto& p : type.parameters())
                    args.push_back(writer.parameter(p.type_id, "arg" + std::to_string(number++)));
        }
        if (!emit_probe(emit, target.name, args)) return;
    }
}

void KprobeProvider::describe(const ProbeSpec& text, uint32_t flags, const Emit& emit) {
    Spec spec = parse_spec(text);
    ProbeSpec shown = text;
    auto targets = find_targets(kernel_, text, spec, host_, true);
    if (!spec.pattern() && !spec.by_address && spec.module.empty() &&
        (targets.size() > 1 || kernel_.symbols(spec.function).size() > 1)) {
        spec.module = "*";  // one name, several functions: resolving must not take it for one
        shown.text = text.kind + ":*:" + spec.function + (spec.has_offset ? "+" + std::to_string(spec.offset) : "");
        targets = find_targets(kernel_, shown, spec, host_, false);
    }
    emit.depends("kernel", "");
    const bool named_args =
        (flags & AVOCET_DESCRIBE_ARGS) && !spec.is_return && !spec.has_offset && !spec.by_address && types_.available();
    const auto parts = named_args ? split_by_layout(types_, targets) : std::vector<Part>{all_of(targets)};
    for (const auto& part : parts) {
        ProbeGroup group;
        group.context = AVOCET_CONTEXT_PT_REGS;
        group.identity = AVOCET_IDENTITY_COOKIE;
        group.space = AVOCET_SPACE_KERNEL;
        group.has = AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
        group.has |= spec.is_return ? AVOCET_HAS_RETVAL : AVOCET_HAS_ARGN;
        if (spec.is_return) {
            group.retval.place = AVOCET_PLACE_RETURN;
            group.retval.size = 8;
        } else {
            group.argn_place = AVOCET_PLACE_REGISTER;
            group.argn_count = call_registers;
        }
        for (const auto* target : part) group.targets.push_back(target->name);
        group.probetype = text.kind;
        group.spec = part.size() == targets.size() ? shown.text : spec_of(text, spec, part);
        const FunctionType type = named_args ? types_.find(part[0]->module, part[0]->function) : FunctionType{};
        if (type) {
            TypeCopy copy(type.types);
            group.has |= AVOCET_HAS_ARGS;
            group.args = register_args(type, copy);
            group.btf = copy.bytes();
        }
        if (!group.emit(emit)) return;
    }
}

// One exact name costs nothing at the start of a session: neither list is read, the kernel knows its functions.
void KprobeProvider::resolve(const ProbeSpec& text, const Emit& emit) {
    const Spec spec = parse_spec(text);
    std::vector<Target> targets;
    if (!spec.pattern() && spec.module.empty() && !spec.by_address)
        targets = {{text.kind + ":" + spec.function + (spec.has_offset ? "+" + std::to_string(spec.offset) : ""),
                    spec.function, "", 0}};
    else
        targets = find_targets(kernel_, text, spec, host_, false);
    const bool multi = targets.size() > 1 && has_feature("kprobe_multi");
    const bool singly = spec.pattern() && !multi;
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_KPROBE;
    plan.flags = spec.is_return ? AVOCET_PLAN_RETURN : 0;
    plan.offset = spec.by_address ? 0 : spec.offset;
    plan.cost_ns = spec.is_return ? return_cost_ns : cost_ns;
    plan.note = describe_note(spec, targets.size(), multi);
    for (const auto& target : targets) {
        // What no breakpoint may stand on was not meant by a pattern either.
        if (singly && kernel_.blacklist().contains(target.function)) continue;
        plan.targets.push_back({target.name, target.function, target.address, 0});
    }
    if (plan.targets.empty())
        throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": the kernel permits no kprobe on any of its matches");
    plan.emit(emit);
}

}  // namespace avocet::kprobe
