// SPDX-License-Identifier: Apache-2.0
//
// Facts of the machine where a portable program runs (sdk/docs/program.md, "facts"): where an event's record has a
// field, what address a kernel symbol has, what id a cgroup has.
#pragma once

#include "program/manifest.hpp"
#include "session/constants.hpp"
#include "session/host_services.hpp"
#include "session/planner.hpp"

namespace avocet::core {

// Adds the constants of every fact. False: at least one is not so here; each is reported at the place that needs it.
bool resolve_facts(const Program& program, HostServices& host, const PlannerSettings& settings, Constants& out);

}  // namespace avocet::core
