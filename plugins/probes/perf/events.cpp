// SPDX-License-Identifier: Apache-2.0
//
// The tables.
#include "events.hpp"

#include <linux/perf_event.h>

namespace avocet::perf {

namespace {

constexpr uint32_t sw = PERF_TYPE_SOFTWARE, hw = PERF_TYPE_HARDWARE;

constexpr Event software[] = {
    {"alignment-faults", nullptr, sw, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1},
    {"bpf-output", nullptr, sw, PERF_COUNT_SW_BPF_OUTPUT, 1},
    {"context-switches", "cs", sw, PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
    {"cpu-clock", "cpu", sw, PERF_COUNT_SW_CPU_CLOCK, 1000000},
    {"cpu-migrations", nullptr, sw, PERF_COUNT_SW_CPU_MIGRATIONS, 1},
    {"dummy", nullptr, sw, PERF_COUNT_SW_DUMMY, 1},
    {"emulation-faults", nullptr, sw, PERF_COUNT_SW_EMULATION_FAULTS, 1},
    {"major-faults", nullptr, sw, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1},
    {"minor-faults", nullptr, sw, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100},
    {"page-faults", "faults", sw, PERF_COUNT_SW_PAGE_FAULTS, 100},
    {"task-clock", nullptr, sw, PERF_COUNT_SW_TASK_CLOCK, 1},
};

constexpr Event hardware[] = {
    {"backend-stalls", nullptr, hw, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000},
    {"branch-instructions", "branches", hw, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000},
    {"branch-misses", nullptr, hw, PERF_COUNT_HW_BRANCH_MISSES, 100000},
    {"bus-cycles", nullptr, hw, PERF_COUNT_HW_BUS_CYCLES, 100000},
    {"cache-misses", nullptr, hw, PERF_COUNT_HW_CACHE_MISSES, 1000000},
    {"cache-references", nullptr, hw, PERF_COUNT_HW_CACHE_REFERENCES, 1000000},
    {"cpu-cycles", "cycles", hw, PERF_COUNT_HW_CPU_CYCLES, 1000000},
    {"frontend-stalls", nullptr, hw, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000},
    {"instructions", nullptr, hw, PERF_COUNT_HW_INSTRUCTIONS, 1000000},
    {"ref-cycles", nullptr, hw, PERF_COUNT_HW_REF_CPU_CYCLES, 1000000},
};

}  // namespace

std::span<const Event> events(bool is_hardware) {
    if (is_hardware) return hardware;
    return software;
}

const Event* find_event(bool is_hardware, std::string_view name) {
    for (const auto& event : events(is_hardware))
        if (name == event.name || (event.alias && name == event.alias)) return &event;
    return nullptr;
}

}  // namespace avocet::perf
