// SPDX-License-Identifier: Apache-2.0
//
// Closing many descriptors whose last close waits for the kernel.
//
// Closing the link of a perf event waits for a tasks-trace RCU grace period (Linux 6.13: perf_event_detach_bpf_prog),
// about 25 ms. The waits of many threads share grace periods, so links are closed on many threads at once. Closing the
// perf event of a tracepoint then waits for two more grace periods under the kernel's event_mutex
// (perf_trace_event_unreg), one event after the other whatever the number of threads: 13 s for 350 tracepoints on a
// quiet machine. At that point no program is attached any more and the events are disabled; nobody needs to wait. So
// they are left to a process of their own, which owns nothing else, does nothing else, and ends with the last close.
#pragma once

#include <vector>

#include "fd.hpp"

namespace avocet::bpf {

// Returns when all are closed.
void close_in_parallel(std::vector<Fd> fds);
// Disables the events and returns at once unless they are few. Falls back to closing them here when no process can be
// made.
void close_perf_events(std::vector<Fd> events);

}  // namespace avocet::bpf
