// SPDX-License-Identifier: Apache-2.0
//
// Names, and the question to the kernel.
#include "provider.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "avocet/probe_group.hpp"
#include "events.hpp"
#include "request.hpp"

namespace avocet::perf {

namespace {

long open_event(const ProbeSpec& spec, const Request& request) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = request.event.type;
    attr.config = request.event.config[0];
    attr.config1 = request.event.config[1];
    attr.config2 = request.event.config[2];
    attr.freq = request.is_rate;
    attr.sample_period = request.count;
    attr.disabled = 1;
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    // PMUs outside the processor's cores count for a CPU, not for a task.
    if (fd < 0 && errno == EINVAL && spec.pid <= 0)
        fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    return fd;
}

// Opens the event for a moment, on this thread.
void check_available(const ProbeSpec& spec, const Request& request) {
    long fd = open_event(spec, request);
    if (fd >= 0) {
        close(static_cast<int>(fd));
        return;
    }
    const bool software = request.event.type == PERF_TYPE_SOFTWARE;
    std::string what = (software ? "software event '" : "hardware event '") + request.event_name + "'";
    switch (errno) {
        case ENOENT:
        case ENODEV:
        case EOPNOTSUPP:
            throw Error(AVOCET_ERR_UNSUPPORTED, what + ": this machine does not count it",
                        !software
                            ? "virtual machines often have no hardware counters; 'software:cpu-clock' samples by time"
                            : "");
        case EACCES:
        case EPERM:
            throw Error(AVOCET_ERR_PERMISSION, what + ": this user may not open performance counters",
                        "run as root or with CAP_PERFMON; see kernel.perf_event_paranoid");
        case EINVAL:
            if (request.is_rate)
                throw Error(AVOCET_ERR_INVALID,
                            what + ": the kernel refuses " + std::to_string(request.count) + " samples per second",
                            "kernel.perf_event_max_sample_rate limits it");
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
    if (!is_hardware(pattern) || wanted.find('/') == std::string::npos) return;
    for (const auto& name : pmu_event_names(devices_))
        if (wildcard_match(wanted, name) && !emit_probe(emit, pattern.kind + ":" + name + ":")) return;
}

// With -p the event is inherited by threads that are born later, its cookie is not.
void PerfProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    ProbeGroup group;
    group.targets = {parse_request(spec, devices_).name};
    group.spec = group.targets[0];
    group.context = AVOCET_CONTEXT_PERF_EVENT;
    group.identity = spec.pid > 0 ? AVOCET_IDENTITY_FIXED : AVOCET_IDENTITY_COOKIE;
    group.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    group.probetype = spec.kind;
    group.emit(emit);
}

void PerfProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Request request = parse_request(spec, devices_);
    check_available(spec, request);
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_PERF_EVENT;
    plan.flags = request.is_rate ? AVOCET_PLAN_FREQUENCY : 0;
    plan.perf_type = request.event.type;
    plan.perf_config = request.event.config[0];
    plan.offset = request.event.config[1];
    plan.period = request.count;
    plan.pid = request.pid > 0 ? request.pid : spec.pid;
    plan.cpu = request.cpu;
    plan.event = request.event_name;
    plan.targets = {{request.name, "", request.event.config[2], 0}};
    plan.emit(emit);
}

}  // namespace avocet::perf
