// SPDX-License-Identifier: Apache-2.0
//
// Trying a feature out: a program of two instructions is loaded, attached where it does no harm, and gone again. A
// finding says no with the kernel's reason, or that it could not be found out (no privileges).
#pragma once

#include <linux/bpf.h>

#include <string>

#include "syscall.hpp"

namespace avocet::bpf {

struct Finding {
    int present = -1;    // 1 yes, 0 no, -1 could not be probed
    std::string detail;  // the kernel's reason when not present
};

Finding probe_bpf();
Finding probe_btf();
Finding probe_map_type(bpf_map_type type);
// By number: the headers may be older than the helper.
Finding probe_helper(bpf_prog_type type, int helper);
// Whether programs of the type may call kernel functions (kfuncs), by one that looks up a task.
Finding probe_kernel_function(bpf_prog_type type);
Finding probe_tracepoint();
Finding probe_raw_tracepoint();
Finding probe_perf_event();
Finding probe_uprobe();
Finding probe_uprobe_refcount();
Finding probe_uprobe_multi();
Finding probe_kprobe();
Finding probe_kprobe_multi();
Finding probe_kprobe_session();
// A program bound to a kernel type: `name` as in the kernel's BTF.
Finding probe_typed(AttachType attach, const char* name);
Finding probe_modify_return();
Finding probe_lsm();
Finding probe_tracing_cookie();
Finding probe_batch_operations();
Finding probe_hardware_counters();
Finding probe_watchpoint();
Finding probe_no_lockdown();

}  // namespace avocet::bpf
