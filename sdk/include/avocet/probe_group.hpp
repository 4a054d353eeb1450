// SPDX-License-Identifier: Apache-2.0
//
// avocet/probe_group.hpp: what a provider emits, with storage of its own: probe groups, attach plans, listed probes.
// Fields mean what they mean in avocet/abi/provider.h and avocet/abi/plan.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "avocet/provider.hpp"

namespace avocet {

struct ProbeArg {
    std::string name;
    uint32_t type_id = 0;
    avocet_place place = AVOCET_PLACE_CONTEXT;
    uint32_t index = 0, size = 0, flags = 0;
    avocet_arg_location location{};  // AVOCET_PLACE_LOCATION

    avocet_probe_arg abi() const { return {to_abi(name), type_id, place, index, size, flags, 0, location}; }
};

struct ProbeGroup {
    avocet_context context = AVOCET_CONTEXT_TRACEPOINT;
    avocet_identity identity = AVOCET_IDENTITY_COOKIE;
    uint32_t has = 0, space = AVOCET_SPACE_NONE, selector_word = 0, selector_count = 0;
    avocet_place argn_place = AVOCET_PLACE_REGISTER;
    uint32_t argn_count = 0, flags = 0;
    std::vector<ProbeArg> args;
    ProbeArg retval;
    std::vector<uint8_t> btf;
    std::string probetype, spec;
    std::vector<std::string> targets;  // sorted bytewise

    // False: the receiver wants no more.
    bool emit(const Emit& to) const {
        std::vector<avocet_probe_arg> abi_args;
        for (const auto& arg : args) abi_args.push_back(arg.abi());
        std::vector<avocet_str> names;
        for (const auto& target : targets) names.push_back(to_abi(target));
        avocet_probe_group g{};
        g.struct_size = sizeof g;
        g.context = context;
        g.identity = identity;
        g.has = has;
        g.space = space;
        g.selector_word = selector_word;
        g.selector_count = selector_count;
        g.argn_place = argn_place;
        g.argn_count = argn_count;
        g.arg_count = static_cast<uint32_t>(abi_args.size());
        g.args = abi_args.data();
        g.retval = retval.abi();
        g.btf = {btf.data(), btf.size()};
        g.probetype = to_abi(probetype);
        g.target_count = static_cast<uint32_t>(names.size());
        g.flags = flags;
        g.targets = names.data();
        g.spec = to_abi(spec);
        return to.group(g);
    }
};

struct PlanTarget {
    std::string name, symbol;
    uint64_t value = 0, semaphore = 0;
    std::vector<avocet_arg_location> locations{};  // AVOCET_PLACE_TARGET
};

struct AttachPlan {
    avocet_plan_kind kind = AVOCET_PLAN_RUNTIME;
    uint32_t flags = 0;
    int32_t pid = -1, cpu = -1;
    std::string category, event, path, module, note;
    uint64_t offset = 0, perf_config = 0, period = 0;
    uint32_t perf_type = 0, length = 0, mode = 0, cost_ns = 0;
    std::vector<PlanTarget> targets;

    bool emit(const Emit& to) const {
        std::vector<avocet_plan_target> abi_targets;
        for (const auto& t : targets)
            abi_targets.push_back({to_abi(t.name), to_abi(t.symbol), t.value, t.semaphore, 0,
                                   static_cast<uint32_t>(t.locations.size()), t.locations.data()});
        avocet_plan p{};
        p.struct_size = sizeof p;
        p.kind = kind;
        p.flags = flags;
        p.pid = pid;
        p.category = to_abi(category);
        p.event = to_abi(event);
        p.path = to_abi(path);
        p.module = to_abi(module);
        p.offset = offset;
        p.perf_type = perf_type;
        p.length = length;
        p.perf_config = perf_config;
        p.period = period;
        p.cpu = cpu;
        p.mode = mode;
        p.cost_ns = cost_ns;
        p.target_count = static_cast<uint32_t>(abi_targets.size());
        p.targets = abi_targets.data();
        p.note = to_abi(note);
        return to.plan(p);
    }
};

// One line of a listing; `args` are C declarations.
inline bool emit_probe(const Emit& to, const std::string& name, std::span<const std::string> args = {}) {
    std::vector<avocet_str> abi_args;
    for (const auto& arg : args) abi_args.push_back(to_abi(arg));
    avocet_probe_info info{};
    info.struct_size = sizeof info;
    info.arg_count = static_cast<uint32_t>(abi_args.size());
    info.name = to_abi(name);
    info.args = abi_args.data();
    return to.probe(info);
}

// "kprobe probe type requires 1 or 2 arguments, found 3"
inline Error wrong_part_count(const ProbeSpec& spec, const std::string& wanted) {
    bool one = wanted == "1";
    return Error(AVOCET_ERR_INVALID, spec.kind + " probe type requires " + wanted + (one ? " argument" : " arguments") +
                                         ", found " + std::to_string(spec.parts.size()));
}

}  // namespace avocet
