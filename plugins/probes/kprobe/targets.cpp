// SPDX-License-Identifier: Apache-2.0
#include "targets.hpp"

#include <map>
#include <tuple>
#include <utility>

#include "avocet/nearest.hpp"

namespace avocet::kprobe {

namespace {

std::string name_of(const Spec& spec, std::string_view module, std::string_view function) {
    std::string name = spec.is_return ? "kretprobe:" : "kprobe:";
    if (!spec.module.empty()) name += std::string(module) + ":";
    name += function;
    if (spec.has_offset) name += "+" + std::to_string(spec.offset);
    return name;
}

// Neighbours of the sorted list with the same name.
bool ambiguous(const std::vector<KernelFunction>& found) {
    for (size_t i = 1; i < found.size(); ++i)
        if (found[i].name == found[i - 1].name) return true;
    return false;
}

// Gives each function the address of its own symbol; functions that share a name and a module take theirs in turn.
void add_addresses(KernelFunctions& kernel, std::vector<Target>& targets) {
    std::multimap<std::pair<std::string_view, std::string_view>, Target*> wanted;
    for (auto& target : targets)
        wanted.emplace(std::pair<std::string_view, std::string_view>(target.function, target.module), &target);
    kernel.for_each_symbol([&](const KernelSymbol& symbol) {
        const auto found = wanted.find({symbol.name, symbol.module});
        if (found == wanted.end()) return;
        found->second->address = symbol.address;
        wanted.erase(found);
    });
}

std::vector<Target> named(const Spec& spec, const std::vector<KernelFunction>& found) {
    std::vector<Target> out;
    for (const auto& f : found)
        out.push_back({name_of(spec, f.module, f.name), std::string(f.name), std::string(f.module), 0});
    return out;
}

// "__blk_account_io_start" -> "blk_account_io": what its neighbours are likely to be called.
std::string_view stem(std::string_view name) {
    name.remove_prefix(std::min(name.find_first_not_of('_'), name.size()));
    return name.substr(0, name.rfind('_'));
}

[[noreturn]] void refuse_unknown(KernelFunctions& kernel, const Spec& spec) {
    const std::string what = spec.title();
    if (spec.pattern())
        throw Error(AVOCET_ERR_NOT_FOUND, what + ": no traceable function of this kernel matches",
                    "'avocet list \"kprobe:*NAME*\"' searches them");
    std::vector<std::string_view> names;
    kernel.for_each([&](const KernelFunction& f) {
        if (spec.module.empty() || f.module == spec.module) names.push_back(f.name);
    });
    std::string hint = nearest_hint(spec.function, names);
    if (hint.empty()) hint = "'avocet list \"kprobe:*" + std::string(stem(spec.function)) + "*\"' searches them";
    throw Error(AVOCET_ERR_NOT_FOUND, what + ": no such function in this kernel", hint);
}

void check_offset(KernelFunctions& kernel, const Spec& spec, const Target& target) {
    for (const auto& symbol : kernel.symbols(target.function)) {
        const auto size = kernel.size_of(symbol);
        if (symbol.module != target.module || !size || spec.offset < *size) continue;
        throw Error(AVOCET_ERR_INVALID, "'" + target.name + "': offset outside the function bounds ('" +
                                            target.function + "' size is " + std::to_string(*size) + ")");
    }
}

// One name that the list of traceable functions lacks: the kernel decides, if it has it at all.
std::vector<Target> untraceable(KernelFunctions& kernel, const ProbeSpec& text, const Spec& spec, const Host& host,
                                bool warn) {
    std::vector<KernelFunction> found;
    for (const auto& symbol : kernel.symbols(spec.function))
        if (wildcard_match(spec.module.empty() ? "*" : spec.module, symbol.module))
            found.push_back({symbol.name, symbol.module});
    if (found.empty() && !text.unsafe()) refuse_unknown(kernel, spec);
    if (warn && kernel.unreadable().empty())
        host.report(AVOCET_WARNING,
                    spec.function +
                        " is not traceable (either non-existing, inlined, or marked as \"notrace\"); attaching "
                        "to it will likely fail",
                    {}, 0, text.span);
    if (found.empty())
        found.push_back({spec.function, spec.module.empty() ? "vmlinux" : std::string_view(spec.module)});
    std::sort(found.begin(), found.end());
    return named(spec, found);
}

}  // namespace

std::vector<Target> find_targets(KernelFunctions& kernel, const ProbeSpec& text, const Spec& spec, const Host& host,
                                 bool warn) {
    if (spec.by_address) return {{text.kind + ":" + std::to_string(spec.address), "", "", spec.address}};
    const bool one_module = !spec.module.empty() && spec.module != "vmlinux" && !has_wildcard(spec.module);
    if (one_module && !kernel.module_loaded(spec.module))
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "specified module " + spec.module + " in probe " + text.text + " is not loaded",
                    "load it first: modprobe " + spec.module);
    if (warn && !kernel.unreadable().empty())
        host.report(AVOCET_WARNING,
                    "could not read functions from " + kernel.traceable_file() + ": " + kernel.unreadable(),
                    "functions are taken from /proc/kallsyms instead; not all of them can be traced", 0, text.span);
    const auto found = kernel.matching(spec.module.empty() ? "*" : spec.module, spec.function);
    if (found.empty() && spec.pattern()) refuse_unknown(kernel, spec);
    auto targets = found.empty() ? untraceable(kernel, text, spec, host, warn) : named(spec, found);
    // Symbols of modules are looked up in all of them, and of several equal ones the kernel takes any.
    if (ambiguous(found) || !spec.module.empty()) add_addresses(kernel, targets);
    if (spec.has_offset)
        for (const auto& target : targets) check_offset(kernel, spec, target);
    return targets;
}

std::vector<Target> list_targets(KernelFunctions& kernel, const ProbeSpec& text) {
    Spec spec;
    spec.is_return = text.kind == "kretprobe";
    spec.function = "*";
    if (!text.parts.empty() && !text.parts.back().empty()) spec.function = text.parts.back();
    if (text.parts.size() > 1) spec.module = text.parts[0].empty() ? "*" : text.parts[0];
    if (const size_t plus = spec.function.find('+'); plus != std::string::npos && !has_wildcard(spec.function)) {
        spec = parse_spec(text);
        auto inside = named(spec, kernel.matching(spec.module.empty() ? "*" : spec.module, spec.function));
        for (const auto& target : inside) check_offset(kernel, spec, target);
        return inside;
    }
    auto targets = named(spec, kernel.matching(spec.module.empty() ? "*" : spec.module, spec.function));
    // One line for functions that share their name.
    const auto same = [](const Target& a, const Target& b) { return a.name == b.name; };
    targets.erase(std::unique(targets.begin(), targets.end(), same), targets.end());
    return targets;
}

}  // namespace avocet::kprobe
