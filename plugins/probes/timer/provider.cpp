// SPDX-License-Identifier: Apache-2.0
//
// profile and interval.
#include "provider.hpp"

#include <linux/perf_event.h>

#include "avocet/probe_group.hpp"
#include "rate.hpp"

namespace avocet::timer {

// The units, as there is no end of numbers: `profile:hz:`. Only when asked for by name.
void TimerProvider::list(const ProbeSpec& pattern, const Emit& emit) {
    std::string wanted = pattern.parts.empty() || pattern.parts[0].empty() ? "*" : pattern.parts[0];
    for (const char* unit : {"hz", "ms", "s", "us"})
        if (wildcard_match(wanted, unit) && !emit_probe(emit, pattern.kind + ":" + unit + ":")) return;
}

void TimerProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    ProbeGroup group;
    group.targets = {parse_rate(spec).name(spec.kind)};
    group.spec = group.targets[0];
    group.probetype = spec.kind;
    if (spec.kind == "profile") {
        group.context = AVOCET_CONTEXT_PERF_EVENT;
        // Threads that are born later inherit the event of -p, but not its cookie.
        group.identity = spec.pid > 0 ? AVOCET_IDENTITY_FIXED : AVOCET_IDENTITY_COOKIE;
        group.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    } else {
        group.context = AVOCET_CONTEXT_RUNTIME;
        group.identity = AVOCET_IDENTITY_FIXED;
    }
    group.emit(emit);
}

void TimerProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Rate rate = parse_rate(spec);
    AttachPlan plan;
    plan.targets = {{rate.name(spec.kind), "", 0, 0}};
    if (spec.kind == "interval") {
        plan.kind = AVOCET_PLAN_TIMER;
        plan.period = rate.hz ? 1000000000 / rate.hz : rate.period_ns;
        plan.note = "runs in the tracing process";
    } else {
        plan.kind = AVOCET_PLAN_PERF_EVENT;
        plan.perf_type = PERF_TYPE_SOFTWARE;
        plan.perf_config = PERF_COUNT_SW_CPU_CLOCK;
        plan.period = rate.hz ? rate.hz : rate.period_ns;
        plan.flags = rate.hz ? AVOCET_PLAN_FREQUENCY : 0;
        plan.pid = spec.pid;
    }
    plan.emit(emit);
}

}  // namespace avocet::timer
