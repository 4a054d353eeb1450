// SPDX-License-Identifier: Apache-2.0
//
// Attach points that are perf events: tracepoints, single kprobes and uprobes, counters, samples, watchpoints.
#pragma once

#include <linux/perf_event.h>

#include <string>
#include <string_view>
#include <vector>

#include "avocet/backend.hpp"
#include "fd.hpp"

namespace avocet::bpf {

// Opens the perf events of one target: one, or one for each CPU or thread where the kind needs that. Throws Error
// with the reason in words.
std::vector<Fd> open_perf_events(const avocet_plan& plan, const avocet_plan_target& target);

// Where tracefs is mounted, empty if it is not.
std::string tracefs_root();
// Number of a dynamic PMU ("kprobe", "uprobe"), -1 if the kernel lacks it.
int pmu_type(std::string_view pmu);
std::vector<int> online_cpus();
// Numbers in a list as the kernel writes it: "0-3,5".
std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace avocet::bpf
