// SPDX-License-Identifier: Apache-2.0
//
// Names, counts, and the question to the kernel.
#include "provider.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "avocet/nearest.hpp"
#include "avocet/number.hpp"
#include "avocet/probe_group.hpp"
#include "events.hpp"

namespace avocet::perf {

namespace {

struct Request {
    const Event* event;
    uint64_t count;
    std::string name;
};

bool is_hardware(const ProbeSpec& spec) { return spec.kind == "hardware"; }

Error unknown_event(const ProbeSpec& spec, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& event : events(is_hardware(spec))) {
        names.push_back(event.name);
        if (event.alias) names.push_back(event.alias);
    }
    std::string hint = nearest_hint(name, names);
    if (hint.empty() && find_event(!is_hardware(spec), name))
        hint = std::string("it is a ") + (is_hardware(spec) ? "software" : "hardware") + " event";
    return Error(AVOCET_ERR_NOT_FOUND, "'" + name + "' is not a " + spec.kind + " probe", hint);
}

Request parse(const ProbeSpec& spec) {
    if (spec.parts.empty() || spec.parts.size() > 2) throw wrong_part_count(spec, "1 or 2");
    const std::string& name = spec.parts[0];
    if (has_wildcard(name))
        throw Error(AVOCET_ERR_INVALID, "wildcards are not allowed for " + spec.kind + " probe type");
    const Event* event = find_event(is_hardware(spec), name);
    if (!event) throw unknown_event(spec, name);
    Request request{event, event->default_count, spec.kind + ":" + name};
    if (spec.parts.size() == 1 || spec.parts[1].empty()) return request;
    auto count = parse_number(spec.parts[1]);
    if (!count || count->value == 0)
        throw Error(AVOCET_ERR_INVALID,
                    spec.kind + " count should be a positive integer, found '" + spec.parts[1] + "'");
    request.count = count->value;
    request.name += ":" + std::to_string(count->value);
    return request;
}

// Opens the event for a moment, on this thread.
void check_available(const ProbeSpec& spec, const Request& request) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = request.event->type;
    attr.config = request.event->config;
    attr.sample_period = request.count;
    attr.disabled = 1;
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd >= 0) {
        close(static_cast<int>(fd));
        return;
    }
    std::string what = spec.kind + " event '" + request.event->name + "'";
    switch (errno) {
        case ENOENT:
        case ENODEV:
        case EOPNOTSUPP:
            throw Error(AVOCET_ERR_UNSUPPORTED, what + ": this machine does not count it",
                        is_hardware(spec)
                            ? "virtual machines often have no hardware counters; 'software:cpu-clock' samples by time"
                            : "");
        case EACCES:
        case EPERM:
            throw Error(AVOCET_ERR_PERMISSION, what + ": this user may not open performance counters",
                        "run as root or with CAP_PERFMON; see kernel.perf_event_paranoid");
        case EINVAL:
            throw Error(AVOCET_ERR_INVALID,
                        what + ": the kernel refuses to sample every " + std::to_string(request.count) + " of them");
        case ENOSYS:
            throw Error(AVOCET_ERR_UNSUPPORTED, what + ": this kernel has no perf events",
                        "it needs CONFIG_PERF_EVENTS");
        default: throw Error(AVOCET_ERR_IO, what + ": " + errno_text(errno));
    }
}

}  // namespace

void PerfProvider::list(const ProbeSpec& pattern, const Emit& emit) {
    std::string wanted = pattern.parts.empty() || pattern.parts[0].empty() ? "*" : pattern.parts[0];
    for (const auto& event : events(is_hardware(pattern))) {
        bool matches = wildcard_match(wanted, event.name) || (event.alias && wildcard_match(wanted, event.alias));
        if (matches && !emit_probe(emit, pattern.kind + ":" + event.name + ":")) return;
    }
}

void PerfProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    ProbeGroup group;
    group.targets = {parse(spec).name};
    group.spec = group.targets[0];
    group.context = AVOCET_CONTEXT_PERF_EVENT;
    group.identity = AVOCET_IDENTITY_COOKIE;
    group.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    group.probetype = spec.kind;
    group.emit(emit);
}

void PerfProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Request request = parse(spec);
    check_available(spec, request);
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_PERF_EVENT;
    plan.perf_type = request.event->type;
    plan.perf_config = request.event->config;
    plan.period = request.count;
    plan.pid = spec.pid;
    plan.event = request.event->name;
    plan.targets = {{request.name, "", 0, 0}};
    plan.emit(emit);
}

}  // namespace avocet::perf
