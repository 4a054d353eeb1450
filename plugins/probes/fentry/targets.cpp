// SPDX-License-Identifier: Apache-2.0
#include "targets.hpp"

#include <algorithm>
#include <set>

#include "avocet/nearest.hpp"
#include "avocet/probe_group.hpp"
#include "bpf_programs.hpp"

namespace avocet::fentry {

namespace {

std::string prefix(const Spec& spec) { return spec.is_return ? "fexit:" : "fentry:"; }

bool all_digits(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A pattern names its matches in full; a function that the user wrote without module keeps its name.
std::string name_of(const Spec& spec, std::string_view module, std::string_view function) {
    std::string name = prefix(spec);
    if (!spec.module.empty() || spec.pattern()) name += std::string(module) + ":";
    return name += function;
}

// What a trampoline can pass on (btf_distill_func_proto in kernel/bpf/btf.c).
bool can_be_entered(const FunctionType& type) {
    const btf_type* prototype = btf__type_by_id(type.types, type.prototype);
    const btf_type* result = btf_without_modifiers(type.types, type.result());
    const auto parameters = type.parameters();
    if (parameters.size() != btf_vlen(prototype) || parameters.size() > 12) return false;  // variadic
    if (type.result() && result && btf_is_composite(result)) return false;
    return std::all_of(parameters.begin(), parameters.end(), [](const FunctionParameter& p) { return p.words > 0; });
}

// What the kernel refuses, although it has a place and a type for it (btf_id_deny and noreturn_deny in
// kernel/bpf/verifier.c; the second since Linux 6.15): why, or nullptr.
const char* forbidden(const Spec& spec, std::string_view function) {
    static constexpr std::string_view around_programs[] = {
        "migrate_disable",   "migrate_enable",    "__migrate_enable", "___migrate_enable", "rcu_read_unlock_strict",
        "preempt_count_add", "preempt_count_sub", "__rcu_read_lock",  "__rcu_read_unlock"};
    static constexpr std::string_view endless[] = {"do_exit",
                                                   "do_group_exit",
                                                   "kthread_complete_and_exit",
                                                   "kthread_exit",
                                                   "make_task_dead",
                                                   "__module_put_and_kthread_exit",
                                                   "__x64_sys_exit",
                                                   "__x64_sys_exit_group",
                                                   "__ia32_sys_exit",
                                                   "__ia32_sys_exit_group"};
    const auto in = [&](auto& list) { return std::find(std::begin(list), std::end(list), function) != std::end(list); };
    if (in(around_programs)) return "the kernel forbids it, because every program's start or end calls this function";
    return spec.is_return && in(endless) ? "this function never returns" : nullptr;
}

// Functions that share their name and module cannot be told apart by name: BTF leaves them out, or has one type for
// all, and the kernel takes the first.
std::vector<Target> kernel_functions(KernelFunctions& kernel, FunctionTypes& types, const Spec& spec) {
    std::vector<Target> out;
    auto found = kernel.matching(spec.module.empty() ? "*" : spec.module, spec.function);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    for (const auto& f : found)
        if (const FunctionType type = types.find(f.module, f.name);
            type && can_be_entered(type) && !forbidden(spec, f.name))
            out.push_back({name_of(spec, f.module, f.name), std::string(f.module), std::string(f.name), 0, type});
    std::sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.name < b.name; });
    return out;
}

std::vector<Target> program_targets(const Spec& spec) {
    std::vector<Target> out;
    for (const auto& f : program_functions()) {
        const std::string id = std::to_string(f.program);
        if (!matches_any(spec.function, f.name) || !wildcard_match(spec.module.empty() ? "*" : spec.module, id))
            continue;
        out.push_back({prefix(spec) + "bpf:" + id + ":" + f.name, "", f.name, f.program, {}});
    }
    std::sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.name < b.name; });
    return out;
}

[[noreturn]] void refuse_unknown(KernelFunctions& kernel, const Spec& spec) {
    if (spec.of_program)
        throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": no such function among the loaded BPF programs",
                    "'avocet list \"fentry:bpf:*:*\"' shows them; they must carry BTF");
    if (spec.pattern())
        throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": no traceable function with a type matches",
                    "'avocet list \"fentry:*NAME*\"' searches them");
    const std::string module = spec.module.empty() ? "*" : spec.module;
    if (const char* why = forbidden(spec, spec.function); why && !kernel.matching(module, spec.function).empty())
        throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": cannot be traced: " + why);
    if (!kernel.matching(module, spec.function).empty())
        throw Error(AVOCET_ERR_NOT_FOUND,
                    spec.title() +
                        ": the kernel's types do not have this function, or it takes or returns what "
                        "cannot be passed on (a large struct, a variable number of arguments)",
                    "kprobe:" + spec.function + " needs no type");
    for (const auto& symbol : kernel.symbols(spec.function))
        if (wildcard_match(module, symbol.module))
            throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": this function cannot be traced (notrace, or inlined)");
    std::vector<std::string_view> names;
    kernel.for_each([&](const KernelFunction& f) {
        if (wildcard_match(module, f.module)) names.push_back(f.name);
    });
    std::string hint = nearest_hint(spec.function, names);
    if (hint.empty()) hint = "'avocet list \"fentry:*\"' shows those that this kernel has";
    throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": no such function in this kernel", hint);
}

}  // namespace

Spec parse_spec(const ProbeSpec& spec) {
    Spec out;
    out.is_return = spec.kind == "fexit";
    const auto& parts = spec.parts;
    out.of_program = !parts.empty() && parts[0] == "bpf";
    if (out.of_program) {
        if (parts.size() < 2 || parts.size() > 3 || parts.back().empty())
            throw Error(AVOCET_ERR_INVALID,
                        "'" + spec.text +
                            "': the 'bpf' variant of this probe requires a bpf program name and optional "
                            "bpf program id",
                        "for example " + spec.kind + ":bpf:my_program");
        out.function = parts.back();
        if (parts.size() == 3) out.module = parts[1];
        if (parts.size() == 3 && out.module != "*" && !all_digits(out.module))
            throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': bpf program id must be a number or '*'");
        return out;
    }
    if (parts.size() == 3)
        throw Error(AVOCET_ERR_INVALID,
                    "'" + spec.text + "': only the 'bpf' variant of this probe supports 4 arguments");
    if (parts.empty() || parts.size() > 2) throw wrong_part_count(spec, "1 or 3");
    out.function = parts.back();
    if (parts.size() == 2) out.module = parts[0];
    if (out.function.empty())
        throw Error(AVOCET_ERR_INVALID, spec.kind + " should specify a function",
                    "for example " + spec.kind + ":vfs_read");
    return out;
}

std::vector<Target> find_targets(KernelFunctions& kernel, FunctionTypes& types, const Spec& spec) {
    if (!spec.of_program && !types.available())
        throw Error(AVOCET_ERR_UNSUPPORTED,
                    spec.title() + ": this kernel has no types (BTF), which fentry and fexit need",
                    "the kernel needs CONFIG_DEBUG_INFO_BTF; try a kprobe instead");
    if (!spec.of_program && !spec.module.empty() && spec.module != "vmlinux" && !has_wildcard(spec.module) &&
        !kernel.module_loaded(spec.module))
        throw Error(AVOCET_ERR_NOT_FOUND, spec.title() + ": module '" + spec.module + "' is not loaded",
                    "load it first: modprobe " + spec.module);
    auto targets = spec.of_program ? program_targets(spec) : kernel_functions(kernel, types, spec);
    if (targets.empty()) refuse_unknown(kernel, spec);
    if (targets.size() > 1 && !spec.pattern() && !spec.of_program && spec.module.empty()) {
        std::string modules;
        for (const auto& target : targets) modules += (modules.empty() ? "" : ", ") + target.module;
        throw Error(AVOCET_ERR_INVALID,
                    "ambiguous attach point, please specify module containing the function '" + spec.function + "'",
                    "it is in " + modules);
    }
    return targets;
}

std::vector<Target> list_targets(KernelFunctions& kernel, FunctionTypes& types, const ProbeSpec& text) {
    Spec spec;
    spec.is_return = text.kind == "fexit";
    const auto& parts = text.parts;
    spec.of_program = !parts.empty() && parts[0] == "bpf" && parts.size() > 1;
    spec.function = parts.empty() || parts.back().empty() ? "*" : parts.back();
    if (spec.of_program && parts.size() > 2) spec.module = parts[1];
    if (!spec.of_program) spec.module = parts.size() > 1 && !parts[0].empty() ? parts[0] : "*";
    if (spec.of_program) return program_targets(spec);
    return types.available() ? kernel_functions(kernel, types, spec) : std::vector<Target>{};
}

}  // namespace avocet::fentry
