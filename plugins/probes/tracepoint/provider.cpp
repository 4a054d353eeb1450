// SPDX-License-Identifier: Apache-2.0
//
// list and resolve. Costs are rough additions per event on current x86-64 hardware, for --explain.
#include "provider.hpp"

#include "avocet/probe_group.hpp"
#include "format.hpp"

namespace avocet::tracepoint {

namespace {

constexpr uint32_t perf_cost_ns = 170;
constexpr uint32_t raw_cost_ns = 40;

AttachPlan plan_for(const Target& target) {
    AttachPlan plan;
    plan.targets = {{target.name(), "", 0, 0}};
    plan.category = target.category;
    plan.event = target.event;
    if (target.kind == Class::plain) {
        plan.kind = AVOCET_PLAN_TRACEPOINT;
        plan.cost_ns = perf_cost_ns;
        return plan;
    }
    plan.kind = AVOCET_PLAN_RAW_TRACEPOINT;
    plan.cost_ns = raw_cost_ns;
    if (target.kind == Class::raw) return plan;
    plan.category.clear();
    plan.event = target.kind == Class::enter ? "sys_enter" : "sys_exit";
    plan.flags = AVOCET_PLAN_SELECTED;
    plan.targets[0].value = target.syscall;
    plan.note = "system calls share the raw tracepoint " + plan.event + ", selected by number";
    return plan;
}

}  // namespace

TracepointProvider::TracepointProvider(const Host&, const Options& values) : tracefs_(values.text("tracefs_path")) {}

void TracepointProvider::list(const ProbeSpec& spec, const Emit& emit) {
    Pattern pattern = parse_listing(spec);
    for (const auto& target : find_targets(tracefs_, pattern)) {
        std::vector<std::string> args;
        if (spec.verbose())
            for (const auto& field : parse_format(tracefs_.format(target.category, target.event)))
                args.push_back(field.declaration);
        if (!emit_probe(emit, target.name(), args)) return;
    }
}

void TracepointProvider::describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) {
    Pattern pattern = parse_spec(spec);
    auto targets = find_targets(tracefs_, pattern);
    if (targets.empty()) throw not_found(tracefs_, pattern, spec);
    if (spec.flags & AVOCET_SPEC_OWN_TYPE)
        for (auto& target : targets) target.kind = Class::plain;
    emit_groups(tracefs_, spec, pattern, targets, flags & AVOCET_DESCRIBE_ARGS, emit);
}

void TracepointProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    Pattern pattern = parse_spec(spec);
    auto targets = find_targets(tracefs_, pattern);
    if (targets.empty()) throw not_found(tracefs_, pattern, spec);
    for (auto& target : targets) {
        if (spec.flags & AVOCET_SPEC_OWN_TYPE) target.kind = Class::plain;
        if (!plan_for(target).emit(emit)) return;
    }
}

}  // namespace avocet::tracepoint
