// SPDX-License-Identifier: Apache-2.0
//
// begin, end, self, test and bench.
#include "provider.hpp"

#include <csignal>

#include "avocet/nearest.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::runtime {

namespace {

struct Signal {
    const char* name;
    int number;
};
constexpr Signal signals[] = {{"SIGUSR1", SIGUSR1}};

const Signal& find_signal(const std::string& name) {
    for (const auto& signal : signals)
        if (name == signal.name) return signal;
    throw Error(AVOCET_ERR_NOT_FOUND, "'" + name + "' is not a supported signal", "supported: SIGUSR1");
}

const Signal& check_self(const ProbeSpec& spec) {
    if (spec.parts.size() != 2) throw wrong_part_count(spec, "2");
    if (spec.parts[0] != "signal")
        throw Error(AVOCET_ERR_NOT_FOUND, "'" + spec.parts[0] + "' is not a supported trigger",
                    "write self:signal:SIGUSR1");
    return find_signal(spec.parts[1]);
}

bool is_own(const ProbeSpec& spec) { return spec.kind == "test" || spec.kind == "bench"; }

std::string name_of(const ProbeSpec& spec) {
    if (spec.kind == "self") return std::string("self:signal:") + check_self(spec).name;
    if (is_own(spec)) {
        if (spec.parts.size() != 1 || spec.parts[0].empty()) throw wrong_part_count(spec, "1");
        if (has_wildcard(spec.parts[0]))
            throw Error(AVOCET_ERR_INVALID, spec.kind + " probe type does not support wildcards",
                        "its one part is the name that the report shows");
        return spec.kind + ":" + spec.parts[0];
    }
    if (!spec.parts.empty()) throw wrong_part_count(spec, "0");
    return spec.kind;
}

}  // namespace

// begin and end are not listed: they are no places in the system.
void RuntimeProvider::list(const ProbeSpec& pattern, const Emit& emit) {
    if (pattern.kind != "self") return;
    std::string trigger = pattern.parts.empty() || pattern.parts[0].empty() ? "*" : pattern.parts[0];
    std::string wanted = pattern.parts.size() < 2 || pattern.parts[1].empty() ? "*" : pattern.parts[1];
    for (const auto& signal : signals)
        if (wildcard_match(trigger, "signal") && wildcard_match(wanted, signal.name))
            if (!emit_probe(emit, std::string("self:signal:") + signal.name)) return;
}

void RuntimeProvider::describe(const ProbeSpec& spec, uint32_t, const Emit& emit) {
    ProbeGroup group;
    group.targets = {name_of(spec)};
    group.context = AVOCET_CONTEXT_RUNTIME;
    group.identity = AVOCET_IDENTITY_FIXED;
    group.probetype = spec.kind == "test" ? "test" : spec.kind == "bench" ? "benchmark" : "special";
    if (spec.kind == "bench") {  // arg0: how many rounds
        group.has = AVOCET_HAS_ARGN;
        group.argn_place = AVOCET_PLACE_WORD;
        group.argn_count = 1;
    }
    group.spec = group.targets[0];
    group.emit(emit);
}

void RuntimeProvider::resolve(const ProbeSpec& spec, const Emit& emit) {
    AttachPlan plan;
    plan.kind = AVOCET_PLAN_RUNTIME;
    plan.targets = {{name_of(spec), "", 0, 0}};
    plan.event = spec.kind == "self" ? "signal" : spec.kind;
    if (spec.kind == "self") plan.period = static_cast<uint64_t>(check_self(spec).number);
    plan.emit(emit);
}

}  // namespace avocet::runtime
