// SPDX-License-Identifier: Apache-2.0
//
// Processes that end: a tracepoint's context that nobody types, chains of reads, four options, an event whose type only
// a local variable has.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

const volatile bool failed_only = false;
const volatile pid_t target_pid = 0;
const volatile bool trace_by_process = true;
const volatile unsigned int least_code = 0;

struct event {
    u64 start_ns, end_ns;
    pid_t pid, tid, ppid;
    unsigned int sig;
    int exit_code;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} events SEC(".maps");

SEC("tracepoint/sched/sched_process_exit")
int note_exit(void* ctx) {
    const u64 both = bpf_get_current_pid_tgid();
    const pid_t pid = both >> 32, tid = (u32)both;
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    struct event event = {};

    if (target_pid && target_pid != pid) return 0;
    if (trace_by_process && pid != tid) return 0;
    const int code = BPF_CORE_READ(task, exit_code);
    if (failed_only && code == 0) return 0;
    if ((unsigned int)(code >> 8) < least_code) return 0;
    event.start_ns = BPF_CORE_READ(task, start_time);
    event.end_ns = bpf_ktime_get_ns();
    event.pid = pid;
    event.tid = tid;
    event.ppid = BPF_CORE_READ(task, real_parent, tgid);
    event.sig = code & 0xff;
    event.exit_code = code >> 8;
    bpf_get_current_comm(event.comm, sizeof(event.comm));
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
