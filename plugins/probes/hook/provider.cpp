// SPDX-License-Identifier: Apache-2.0
#include "provider.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "avocet/abi/hook.h"
#include "avocet/nearest.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::hook {

namespace {

constexpr std::string_view hook_prefix = "bpf_lsm_", marked_prefix = "security_";
constexpr uint32_t cost_ns = 50;

bool is_hook(const ProbeSpec& spec) { return spec.kind == "lsm"; }

}  // namespace

std::optional<std::vector<std::string>> HookProvider::injectable() const {
    std::ifstream file(injection_file_);
    if (!file) return std::nullopt;
    std::vector<std::string> out;  // "vfs_something\tERRNO"
    for (std::string line; std::getline(file, line);) {
        std::string name;
        std::istringstream(line) >> name;
        if (!name.empty()) out.push_back(std::move(name));
    }
    return out;
}

std::vector<std::string> HookProvider::names(bool hooks) {
    std::vector<std::string> out;
    types_.for_each("vmlinux", [&](std::string_view function) {
        if (hooks && function.starts_with(hook_prefix)) out.emplace_back(function.substr(hook_prefix.size()));
        if (!hooks && function.starts_with(marked_prefix)) out.emplace_back(function);
    });
    if (!hooks)
        for (std::string& name : injectable().value_or(std::vector<std::string>()))
            if (types_.find("vmlinux", name)) out.push_back(std::move(name));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

void HookProvider::list(const ProbeSpec& pattern, const Emit& emit) {
    const std::string wanted = pattern.parts.empty() || pattern.parts[0].empty() ? "*" : pattern.parts[0];
    for (const std::string& name : names(is_hook(pattern)))
        if (wildcard_match(wanted, name) && !emit_probe(emit, pattern.kind + ":" + name)) return;
}

void HookProvider::describe(const ProbeSpec& spec, uint32_t, const Emit&) {
    check(spec);
    throw Error(AVOCET_ERR_UNSUPPORTED,
                "'" + spec.text + "': the kernel obeys what a program returns here, which only C programs say",
                "SEC(\"" + spec.kind + "/" + spec.parts[0] + "\") in a C program, or fentry:FUNCTION to look on");
}

// The kernel function that it is; throws if it cannot be.
std::string HookProvider::check(const ProbeSpec& spec) {
    if (spec.parts.size() != 1 || spec.parts[0].empty())
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': needs one name",
                    is_hook(spec) ? "for example lsm:file_open" : "for example fmod_ret:security_file_open");
    const std::string& name = spec.parts[0];
    if (has_wildcard(name))
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': a program of this kind is of one function",
                    "write a function for each of them");
    if (!types_.available())
        throw Error(AVOCET_ERR_UNSUPPORTED, "'" + spec.text + "': this kernel has no types (BTF), which it needs",
                    "the kernel needs CONFIG_DEBUG_INFO_BTF");
    const std::string function = is_hook(spec) ? std::string(hook_prefix) + name : name;
    if (!types_.find("vmlinux", function))
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "'" + spec.text + "': this kernel has no " +
                        (is_hook(spec) ? "security hook of this name" : "function of this name among its types"),
                    nearest_hint(name, names(is_hook(spec))));
    const auto list = injectable();
    const bool marked =
        name.starts_with(marked_prefix) || !list || std::find(list->begin(), list->end(), name) != list->end();
    if (!is_hook(spec) && !marked)
        throw Error(AVOCET_ERR_NOT_FOUND, "'" + spec.text + "': the kernel does not let its result be replaced",
                    "those that begin with security_ and those in " + injection_file_ + " can be");
    return function;
}

void HookProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_FUNCTION;
    plan.flags = is_hook(spec) ? AVOCET_PLAN_LSM : AVOCET_PLAN_MODIFY;
    plan.cost_ns = cost_ns;
    plan.targets = {{spec.kind + ":" + spec.parts.at(0), check(spec), 0, 0}};
    plan.emit(emit);
}

}  // namespace avocet::hook
