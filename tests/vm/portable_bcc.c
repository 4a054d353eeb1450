// SPDX-License-Identifier: Apache-2.0
//
// BCC's dialect: kernel memory read by plain dereferences, a map, a table of events. Built for one kernel, run on the
// others.
#include <linux/sched.h>

struct call_t {
    u32 pid;
    u32 parent;
    u64 number;
    char comm[TASK_COMM_LEN];
};
BPF_HASH(counts, u32);
BPF_PERF_OUTPUT(calls);

TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    struct call_t call = {};
    u32 threads = task->signal->nr_threads;
    u64 zero = 0, *count;
    bpf_get_current_comm(&call.comm, sizeof(call.comm));
    if (call.comm[0] != 'a' || call.comm[1] != 'v' || call.comm[2] != 'c') return 0;
    count = counts.lookup_or_try_init(&threads, &zero);
    if (!count) return 0;
    lock_xadd(count, 1);
    call.number = *count;
    call.pid = task->tgid;
    call.parent = task->real_parent->tgid;
    if (call.number > ABOVE) calls.perf_submit(args, &call, sizeof(call));
    return 0;
}
