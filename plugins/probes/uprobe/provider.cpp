// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve. Costs are rough additions per call on current x86-64 hardware: a uprobe is a trap, a
// uretprobe a trap and a system call or a second trap.
#include "provider.hpp"

#include <bpf/btf.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <set>

#include "arguments.hpp"
#include "avocet/probe_group.hpp"
#include "demangle.hpp"

namespace avocet::uprobe {

namespace {

constexpr uint32_t entry_cost_ns = 1000;
constexpr uint32_t return_cost_ns = 1600;
#if defined(__aarch64__)
constexpr uint32_t register_arguments = 8;
#else
constexpr uint32_t register_arguments = 6;
#endif

// `unsigned long`, the type of a function's result as long as nobody knows better.
void add_retval(ProbeGroup& group) {
    std::unique_ptr<::btf, void (*)(::btf*)> types(btf__new_empty(), btf__free);
    if (!types) throw std::bad_alloc();
    int id = btf__add_int(types.get(), "unsigned long", 8, 0);
    uint32_t size = 0;
    auto* data = static_cast<const uint8_t*>(btf__raw_data(types.get(), &size));
    if (id < 0 || !data) throw std::bad_alloc();
    group.btf.assign(data, data + size);
    group.retval = {"retval", static_cast<uint32_t>(id), AVOCET_PLACE_RETURN, 0, 8, 0};
}

// The file that the ELF is in: an archive is one.
std::string file_of(const Binary& binary) {
    auto in = split_archive_path(binary.path);
    return in && access(binary.path.c_str(), F_OK) != 0 ? in->archive : binary.path;
}

AttachPlan plan_for(const ProbeSpec& spec, const Request& request, const Binary& binary) {
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_UPROBE;
    plan.flags = request.is_return ? AVOCET_PLAN_RETURN : 0;
    plan.pid = spec.pid;
    plan.path = file_of(binary);
    plan.cost_ns = request.is_return ? return_cost_ns : entry_cost_ns;
    return plan;
}

// A pattern of one part may be meant for any kind ("*sleep*"): it is a binary only if it is one for certain. Every
// function of every program is never meant.
std::vector<Binary> binaries_to_list(const ProbeSpec& spec, const Request& request, const Host& host) {
    bool has_function = spec.parts.size() >= 2 || spec.pid > 0;
    bool is_path = request.binary.find('/') != std::string::npos;
    if (!has_function && !is_path && (request.binary.empty() || has_wildcard(request.binary))) return {};
    if (request.binary.empty() && spec.pid <= 0) return {};
    try {
        return find_binaries(request.binary, spec, host);
    } catch (const Error& e) {
        const bool is_certain = is_path || (spec.parts.size() >= 2 && !request.wildcard());
        if (e.status() == AVOCET_ERR_NOT_FOUND && !is_certain) return {};
        throw;
    }
}

PlanTarget plan_target(const Target& target) { return {target.name, target.symbol, target.offset, 0}; }

}  // namespace

bool UprobeProvider::has_feature(const char* name) const {
    auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel && kernel->has_feature(kernel->ctx, name) == 1;
}

// Every name, also those that share a place: a listing shows what may be written.
void UprobeProvider::list(const ProbeSpec& spec, const Emit& emit) {
    if (names_a_place(spec)) return list_places(spec, emit);
    Request request = parse_listing(spec);
    auto binaries = binaries_to_list(spec, request, host_);
    for (const auto& binary : binaries) {
        if (!list_file(spec, request, binary, binaries.size() == 1, emit)) return;
    }
}

void UprobeProvider::list_places(const ProbeSpec& spec, const Emit& emit) {
    std::set<std::string> names;  // a line may have several places
    for (const auto& file : find_targets(spec, parse_spec(spec), cache_, host_))
        for (const auto& target : file.targets)
            if (names.insert(target.name).second && !emit_probe(emit, target.name, {})) return;
}

bool UprobeProvider::list_file(const ProbeSpec& spec, const Request& request, const Binary& binary, bool is_only,
                               const Emit& emit) {
    ElfFile* file = nullptr;
    try {
        file = &cache_.open(binary);
    } catch (const Error&) {
        if (is_only) throw;
        return true;  // one of many: a damaged file has no functions
    }
    std::map<std::string_view, uint64_t> names;  // to the address that is meant
    for (const auto& function : file->functions()) {
        bool matches = request.is_cpp ? cpp_name_matches(request.function, demangle(function.name))
                                      : wildcard_match(request.function, function.name);
        if (matches && function.name.find(".part.") == std::string_view::npos)
            names.try_emplace(function.name, function.address);
    }
    DwarfInfo* dwarf = spec.verbose() && !names.empty() ? file->dwarf() : nullptr;
    if (spec.verbose() && !names.empty() && !dwarf)
        host_.warn("no DWARF found for '" + binary.shown + "', cannot show parameter info");
    std::string prefix = spec.kind + ":" + binary.shown + ":";
    for (const auto& [name, address] : names) {
        auto args = dwarf && !request.is_return ? declarations_of(*dwarf, address) : std::vector<std::string>();
        if (!emit_probe(emit, prefix + std::string(name), args)) return false;
    }
    return true;
}

namespace {

// What all uprobes have in common.
ProbeGroup group_for(const ProbeSpec& spec, const Request& request) {
    ProbeGroup group;
    group.context = AVOCET_CONTEXT_PT_REGS;
    group.identity = AVOCET_IDENTITY_COOKIE;
    group.space = AVOCET_SPACE_USER;
    group.flags = AVOCET_GROUP_PREEMPTIBLE;
    group.probetype = spec.kind;
    group.spec = spec.text;
    group.has = AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    if (request.is_return) {
        group.has |= AVOCET_HAS_RETVAL;
        add_retval(group);
    } else {
        group.has |= AVOCET_HAS_ARGN;
        group.argn_place = AVOCET_PLACE_REGISTER;
        group.argn_count = register_arguments;
    }
    return group;
}

}  // namespace

void UprobeProvider::describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) {
    Request request = parse_spec(spec);
    auto files = find_targets(spec, request, cache_, host_);
    ProbeGroup group = group_for(spec, request);
    for (const auto& file : files) {
        emit.depends("file", file_of(file.binary));
        for (const auto& target : file.targets) group.targets.push_back(target.name);
    }
    if (flags & AVOCET_DESCRIBE_ARGS && !request.is_return) return describe_arguments(files, std::move(group), emit);
    std::sort(group.targets.begin(), group.targets.end());
    group.emit(emit);
}

void UprobeProvider::describe_arguments(const std::vector<FileTargets>& files, ProbeGroup group, const Emit& emit) {
    std::vector<ArgumentGroup> groups;
    for (const auto& file : files) {
        auto of_file = group_by_arguments(file);
        if (!file.file->debug_path().empty()) emit.depends("file", file.file->debug_path());
        std::move(of_file.begin(), of_file.end(), std::back_inserter(groups));
    }
    group.has |= AVOCET_HAS_ARGS;
    for (auto& each : groups) {
        group.args = std::move(each.args);
        group.btf = std::move(each.btf);
        // The user's own text, if it gives no others; else one group for each text that gives exactly its targets.
        std::map<std::string, std::vector<std::string>> by_text;
        for (const Target* target : each.targets)
            by_text[groups.size() == 1 ? group.spec : target->spec_text].push_back(target->name);
        for (auto& [text, names] : by_text) {
            std::sort(names.begin(), names.end());
            group.spec = text;
            group.targets = std::move(names);
            if (!group.emit(emit)) return;
        }
    }
}

void UprobeProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Request request = parse_spec(spec);
    for (const auto& file : find_targets(spec, request, cache_, host_)) {
        AttachPlan plan = plan_for(spec, request, file.binary);
        if (!request.wildcard() && file.targets[0].is_ifunc)
            host_.warn("'" + file.targets[0].name +
                           "': the function is chosen when a program is linked (IFUNC), so only its chooser is probed",
                       "probe the implementations: their names begin with '__" + request.function + "_'");
        if (file.targets.size() > 1 && has_feature("uprobe_multi")) {
            plan.kind = AVOCET_PLAN_UPROBE_MULTI;
            for (const auto& target : file.targets) plan.targets.push_back(plan_target(target));
            plan.note = std::to_string(file.targets.size()) + " places of one file in one attach";
            if (!plan.emit(emit)) return;
            continue;
        }
        for (const auto& target : file.targets) {
            plan.targets = {plan_target(target)};
            if (!plan.emit(emit)) return;
        }
    }
}

}  // namespace avocet::uprobe
