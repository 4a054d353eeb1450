// SPDX-License-Identifier: Apache-2.0
//
// list, describe, resolve.
#include "provider.hpp"

#include "avocet/probe_group.hpp"
#include "spec.hpp"

namespace avocet::watchpoint {

void WatchpointProvider::list(const ProbeSpec&, const Emit&) {}  // any address may be watched

// Identity: threads that are born later inherit the event, but not its cookie.
void WatchpointProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    ProbeGroup group;
    group.targets = {parse_watch(spec).name()};
    group.spec = group.targets[0];
    group.context = AVOCET_CONTEXT_PERF_EVENT;
    group.identity = AVOCET_IDENTITY_FIXED;
    group.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    group.probetype = spec.kind;
    group.emit(emit);
}

void WatchpointProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Watch watch = parse_watch(spec);
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_HW_BREAKPOINT;
    plan.length = watch.length;
    plan.mode = watch.mode;
    plan.pid = spec.pid;  // a user address without one belongs to the process of -c: the session puts it in
    plan.targets = {{watch.name(), "", watch.address, 0}};
    plan.emit(emit);
}

}  // namespace avocet::watchpoint
