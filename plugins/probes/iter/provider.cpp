// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve.
#include "provider.hpp"

#include <algorithm>

#include "avocet/nearest.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::iter {

namespace {

constexpr const char* bpffs = "/sys/fs/bpf/";

struct Request {
    std::string name, pin;  // pin: full path, empty: none
    std::string full_name() const { return "iter:" + name + (pin.empty() ? "" : ":" + pin); }
};

Request parse(const ProbeSpec& spec) {
    if (spec.parts.empty() || spec.parts.size() > 2 || spec.parts[0].empty())
        throw Error(AVOCET_ERR_INVALID,
                    "iter probe type takes 2 arguments (1 optional), found " + std::to_string(spec.parts.size()),
                    "for example iter:task, or iter:task:NAME to pin it as /sys/fs/bpf/NAME");
    if (has_wildcard(spec.parts[0]))
        throw Error(AVOCET_ERR_INVALID, "iter probe type does not support wildcards",
                    "'avocet list \"iter:*\"' shows the iterators of this kernel");
    Request request{spec.parts[0], spec.parts.size() == 2 ? spec.parts[1] : ""};
    if (!request.pin.empty() && request.pin[0] != '/') request.pin = bpffs + request.pin;
    return request;
}

void check_process(const ProbeSpec& spec, const Request& request) {
    if (needs_map(request.name))
        throw Error(AVOCET_ERR_UNSUPPORTED,
                    "iter " + request.name + ": walks the elements of one map, which a probe cannot name");
    if (spec.pid > 0 && !walks_tasks(request.name))
        throw Error(AVOCET_ERR_UNSUPPORTED, "iter " + request.name + ": its objects belong to no process",
                    "leave out -p");
}

}  // namespace

Error IterProvider::unknown(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& kind : kinds_.all()) names.push_back(kind.name);
    std::string hint = nearest_hint(name, names);
    if (hint.empty()) hint = "'avocet list \"iter:*\"' shows those that it has";
    return Error(AVOCET_ERR_NOT_FOUND, "iter " + name + " not available for your kernel version", hint);
}

void IterProvider::list(const ProbeSpec& pattern, const Emit& emit) {
    std::string wanted = pattern.parts.empty() || pattern.parts[0].empty() ? "*" : pattern.parts[0];
    static const std::vector<std::string> none;
    for (const auto& kind : kinds_.all())
        if (wildcard_match(wanted, kind.name))
            if (!emit_probe(emit, "iter:" + kind.name, pattern.verbose() ? kind.fields : none)) return;
}

void IterProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    Request request = parse(spec);
    check_process(spec, request);
    auto& kinds = kinds_.all();
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == request.name; });
    if (kind == kinds.end()) throw unknown(request.name);
    emit.depends("kernel", "");
    ProbeGroup group;
    group.context = AVOCET_CONTEXT_ITERATOR;
    group.identity = AVOCET_IDENTITY_FIXED;
    group.space = AVOCET_SPACE_KERNEL;
    group.probetype = "iter";
    group.targets = {request.full_name()};
    group.spec = spec.text;
    group.emit(emit);
}

void IterProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Request request = parse(spec);
    check_process(spec, request);
    if (!kinds_.exists(request.name)) throw unknown(request.name);
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_ITERATOR;
    plan.event = request.name;
    plan.path = request.pin;
    plan.pid = spec.pid;
    plan.note = request.pin.empty() ? "runs once over all objects" : "runs whenever the file is read";
    plan.targets = {{request.full_name(), "", 0, 0}};
    plan.emit(emit);
}

}  // namespace avocet::iter
