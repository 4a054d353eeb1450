// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve.
//
// Describing. A program that reads an argument asks where it is at run time, by attach target: one function serves all
// sites of all probes. An argument that no site has in a readable place is refused at compile time; one that only some
// have reads as 0 at the others, and resolve warns.
#include "provider.hpp"

#include <algorithm>

#include "avocet/probe_group.hpp"

namespace avocet::usdt {

namespace {

constexpr uint32_t cost_ns = 1000;  // a trap; a rough addition on current x86-64 hardware

struct Sites {
    std::vector<std::string> names;  // of probes, sorted
    std::vector<const Site*> all;
    size_t arguments = 0;
};

Sites sites_of(const std::vector<FileProbes>& files) {
    Sites out;
    for (const FileProbes& file : files) {
        for (const Probe* probe : file.probes) {
            out.names.push_back(probe_name(file.file, *probe));
            out.arguments = std::max(out.arguments, probe->argument_count());
            for (const Site& site : probe->sites) out.all.push_back(&site);
        }
    }
    std::sort(out.names.begin(), out.names.end());
    return out;
}

// What is said of argument number `n`.
ProbeArg describe_argument(const Sites& sites, size_t n) {
    const Argument* refused = nullptr;
    for (const Site* site : sites.all) {
        if (n >= site->arguments.size()) continue;
        if (site->arguments[n].readable())
            return {"arg" + std::to_string(n), 0, AVOCET_PLACE_TARGET, static_cast<uint32_t>(n), 8, 0, {}};
        refused = &site->arguments[n];
    }
    const std::string why = refused ? "it is " + refused->refusal + ", '" + refused->text + "'" : "no site has it";
    return {why, 0, AVOCET_PLACE_NOWHERE, static_cast<uint32_t>(n), 8, 0, {}};
}

std::vector<avocet_arg_location> locations_of(const Site& site) {
    std::vector<avocet_arg_location> out;
    for (const Argument& argument : site.arguments) out.push_back(argument.location);
    return out;
}

// Tells of arguments that read as 0 at some places though they have a value there.
void warn_of_unreadable(const Host& host, const std::vector<FileProbes>& files) {
    size_t count = 0;
    std::string first;
    size_t sites = 0;
    for (const FileProbes& file : files) {
        for (const Probe* probe : file.probes) {
            sites += probe->sites.size();
            for (const Site& site : probe->sites)
                for (size_t n = 0; n < site.arguments.size(); ++n) {
                    if (site.arguments[n].readable()) continue;
                    if (count++ == 0)
                        first = "'" + probe_name(file.file, *probe) + "': arg" + std::to_string(n) + " is " +
                                site.arguments[n].refusal + " and reads as 0";
                }
        }
    }
    if (count == 0 || sites == 1) return;  // one site: said when the program was compiled, if it matters
    host.warn(first + (count > 1 ? " (and " + std::to_string(count - 1) + " more arguments of this pattern)" : ""));
}

std::vector<std::string> argument_lines(const Probe& probe) {
    std::vector<std::string> out;
    for (size_t n = 0; n < probe.argument_count(); ++n) {
        std::string places, type, refusal;
        for (const Site& site : probe.sites) {
            if (n >= site.arguments.size()) continue;
            const Argument& argument = site.arguments[n];
            if (type.empty()) type = type_text(argument);
            if (refusal.empty()) refusal = argument.refusal;
            if (places.find(argument.text) == std::string::npos)
                places += (places.empty() ? "" : " | ") + argument.text;
        }
        out.push_back(type + " arg" + std::to_string(n) + "  // " + places +
                      (refusal.empty() ? "" : ": cannot be read: " + refusal));
    }
    std::string last = "// " + std::to_string(probe.sites.size()) + (probe.sites.size() == 1 ? " site" : " sites");
    out.push_back(last + (probe.has_semaphore() ? ", semaphore" : ""));
    return out;
}

}  // namespace

void UsdtProvider::list(const ProbeSpec& spec, const Emit& emit) {
    const Request request = parse_listing(spec);
    if (request.binary.empty()) return;
    std::vector<FileProbes> files;
    try {
        files = list_probes(spec, request, cache_, host_);
    } catch (const Error& e) {
        // One part without a slash may be meant for any kind.
        const bool certain = spec.parts.size() > 1 || request.binary.find('/') != std::string::npos || spec.pid > 0;
        if (!certain && e.status() == AVOCET_ERR_NOT_FOUND) return;
        throw;
    }
    std::vector<std::pair<std::string, const Probe*>> lines;
    for (const FileProbes& file : files)
        for (const Probe* probe : file.probes) lines.emplace_back(probe_name(file.file, *probe), probe);
    std::sort(lines.begin(), lines.end());
    for (const auto& [name, probe] : lines)
        if (!emit_probe(emit, name, spec.verbose() ? argument_lines(*probe) : std::vector<std::string>())) return;
}

void UsdtProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    const Request request = parse_spec(spec);
    const auto files = find_probes(spec, request, cache_, host_);
    for (const FileProbes& file : files) emit.depends("file", file.file.path);
    const Sites sites = sites_of(files);
    ProbeGroup group;
    group.targets = sites.names;
    group.context = AVOCET_CONTEXT_PT_REGS;
    group.identity = AVOCET_IDENTITY_COOKIE;
    group.space = AVOCET_SPACE_USER;
    group.flags = AVOCET_GROUP_PREEMPTIBLE | AVOCET_GROUP_SHARED_NAMES;
    group.probetype = spec.kind;
    group.spec = spec.text;
    group.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK | AVOCET_HAS_ARGN;
    group.argn_place = AVOCET_PLACE_TARGET;
    group.argn_count = static_cast<uint32_t>(sites.arguments);
    for (size_t n = 0; n < sites.arguments; ++n) group.args.push_back(describe_argument(sites, n));
    group.emit(emit);
}

void UsdtProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    const Request request = parse_spec(spec);
    const auto files = find_probes(spec, request, cache_, host_);
    const auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    const auto has_feature = [&](const char* name) { return kernel && kernel->has_feature(kernel->ctx, name) == 1; };
    warn_of_unreadable(host_, files);
    for (const FileProbes& file : files) {
        AttachPlan plan;
        plan.kind = AVOCET_PLAN_UPROBE;
        plan.pid = spec.pid;
        plan.path = file.file.path;
        plan.cost_ns = cost_ns;
        for (const Probe* probe : file.probes) {
            if (probe->has_semaphore() && !has_feature("uprobe_refcount"))
                throw Error(AVOCET_ERR_UNSUPPORTED,
                            "'" + probe_name(file.file, *probe) +
                                "': the probe has a semaphore, which this kernel cannot raise",
                            "needs Linux 4.20 (reference counts of uprobes)");
            for (const Site& site : probe->sites)
                if (site.semaphore_is_hidden) {
                    host_.warn(
                        "'" + probe_name(file.file, *probe) +
                            "': the kernel cannot raise its semaphore: the "
                            "linker put it into a page of the file that is loaded twice, so the probe may not fire",
                        "link the program with another linker (GNU ld) or with -z separate-loadable-segments");
                    break;
                }
            for (const Site& site : probe->sites)
                plan.targets.push_back(
                    {probe_name(file.file, *probe), probe->name, site.offset, site.semaphore, locations_of(site)});
        }
        if (plan.targets.size() > 1 && has_feature("uprobe_multi")) {
            plan.kind = AVOCET_PLAN_UPROBE_MULTI;
            plan.note = std::to_string(plan.targets.size()) + " places of one file in one attach";
            if (!plan.emit(emit)) return;
            continue;
        }
        AttachPlan single = plan;
        for (const PlanTarget& target : plan.targets) {
            single.targets = {target};
            if (!single.emit(emit)) return;
        }
    }
}

}  // namespace avocet::usdt
