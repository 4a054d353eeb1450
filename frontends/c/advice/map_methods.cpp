// SPDX-License-Identifier: Apache-2.0
//
// What BCC's dialect can call on a map, by the kernel's map type.
#include <map>

#include "advice/advise.hpp"

namespace avocet::c {

namespace {

using Words = std::vector<std::string>;

const Words keyed = {"lookup", "lookup_or_try_init", "lookup_or_init",  "update", "insert",
                     "delete", "increment",          "atomic_increment"};
const Words queue = {"push", "pop", "peek"};
const Words ring = {"ringbuf_output", "ringbuf_reserve", "ringbuf_submit", "ringbuf_discard", "ringbuf_query"};
const Words perf = {"perf_submit", "perf_read", "perf_counter_value"};

}  // namespace

std::vector<std::string> methods_of(const std::string& kind) {
    static const std::map<std::string, Words> known = {{"QUEUE", queue},
                                                       {"STACK", queue},
                                                       {"RINGBUF", ring},
                                                       {"PERF_EVENT_ARRAY", perf},
                                                       {"STACK_TRACE", {"get_stackid", "lookup", "delete"}},
                                                       {"PROG_ARRAY", {"call"}},
                                                       {"CGROUP_ARRAY", {"check_current_task"}}};
    const auto it = known.find(kind);
    return it == known.end() ? keyed : it->second;
}

}  // namespace avocet::c
