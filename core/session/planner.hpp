// SPDX-License-Identifier: Apache-2.0
//
// The planner: the specs of a manifest become attach plans, here and now.
//
// Every spec is resolved by its provider; each target gets an attach id (1, 2, ... through the session); targets of one
// function that share a mechanism are merged into one attach: system calls into one raw tracepoint with a selector
// table, places of one file into one uprobe_multi, functions into one kprobe_multi. `notes` say what was merged and
// why.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "avocet/abi/backend.h"
#include "program/manifest.hpp"
#include "session/host_services.hpp"

namespace avocet::core {

// avocet_plan with owned text and targets.
struct OwnedPlan {
    struct Target {
        std::string name, symbol;
        uint64_t value = 0, semaphore = 0;
        uint32_t attach_id = 0;
        std::vector<avocet_arg_location> locations{};
    };
    avocet_plan abi{};  // scalars; texts and targets are set by PlanSet::finish
    std::string category, event, path, module, note;
    std::vector<Target> targets;
    std::vector<avocet_plan_target> abi_targets;

    static OwnedPlan copy(const avocet_plan& plan);
    void finish();  // points abi at the owned storage
    bool is_runtime() const { return abi.kind == AVOCET_PLAN_RUNTIME || abi.kind == AVOCET_PLAN_TIMER; }
};

struct FunctionPlans {
    const ManifestFunction* function = nullptr;
    std::vector<OwnedPlan> plans;
    std::vector<avocet_plan> abi_plans;
    std::vector<uint16_t> selector;  // by selector value, when the function has one
    uint32_t single_attach_id = 0;   // its only target's, or 0
};

struct PlanSet {
    std::vector<FunctionPlans> functions;   // in manifest order
    std::vector<std::string> attach_names;  // [attach id]; [0] is empty
    size_t target_count = 0;
    bool forbidden = false;  // this user may not look for a target; reported
    std::vector<avocet_function> abi_functions() const;
};

struct PlannerSettings {
    int32_t pid = -1;
    uint32_t spec_flags = 0;
    std::string missing = "error";                      // when the manifest does not say
    std::function<bool(const std::string& name)> keep;  // unset: every target; the tracer's own events always stay
};

// False: a target is missing and its policy is "error", or nothing is left; reported.
bool plan_program(const Manifest& manifest, HostServices& host, const PlannerSettings& settings, PlanSet& out);

// A session's target is named after its entry; what the same target is called at the return.
std::string name_of_return(const std::string& entry);

// What --explain prints.
std::string explain(const PlanSet& plans);

const char* plan_kind_name(avocet_plan_kind kind);

}  // namespace avocet::core
