// SPDX-License-Identifier: Apache-2.0
//
// bpf(2) and perf_event_open(2) directly, for link types and fields that are newer than the libbpf and the kernel
// headers of the oldest supported distribution. Every function returns a descriptor or sets errno and returns an empty
// one.
#pragma once

#include <linux/bpf.h>
#include <linux/perf_event.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "fd.hpp"

namespace avocet::bpf {

// enum bpf_attach_type values by number: the headers may be older (include/uapi/linux/bpf.h of Linux 6.12).
enum AttachType : uint32_t {
    attach_none = 0,
    attach_trace_raw_tp = 23,
    attach_trace_fentry = 24,
    attach_trace_fexit = 25,
    attach_modify_return = 26,
    attach_lsm = 27,
    attach_trace_iter = 28,
    attach_perf_event = 41,
    attach_kprobe_multi = 42,
    attach_uprobe_multi = 48,   // Linux 6.6
    attach_kprobe_session = 56  // Linux 6.10
};

// One element for each target; `ref_counters` may be empty. pid 0: every process.
struct UprobeMulti {
    const char* path;
    std::vector<uint64_t> offsets, ref_counters, cookies;
    uint32_t pid = 0;
    bool is_return = false;
};
// Either symbols or addresses.
struct KprobeMulti {
    std::vector<const char*> symbols;
    std::vector<uint64_t> addresses, cookies;
    bool is_return = false;
    bool is_session = false;
};

Fd link_perf_event(int program, int perf_event, uint64_t cookie);
Fd link_tracing(int program, AttachType type, uint64_t cookie);  // fentry, fexit, tp_btf: target fixed at load
Fd link_raw_tracepoint(int program, const char* name, uint64_t cookie);
Fd link_uprobe_multi(int program, const UprobeMulti& what);
Fd link_kprobe_multi(int program, const KprobeMulti& what);
Fd link_iterator(int program);
Fd iterator_create(int link);
Fd perf_event_open(perf_event_attr& attr, int pid, int cpu);

// Runs a raw tracepoint program in this process; `first_argument` is what it finds in ctx[0]. 0 or -errno.
int run_program(int program, uint64_t first_argument, uint32_t& result);

// Leading bytes of a link's bpf_link_info, and how many the kernel filled in. 0 or -errno.
int link_info(int link, void* info, uint32_t& size);

// CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, in the effective set.
bool may_load_programs();

}  // namespace avocet::bpf
