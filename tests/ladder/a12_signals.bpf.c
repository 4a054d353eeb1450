// SPDX-License-Identifier: Apache-2.0
//
// Signals sent: kernel functions that only some kernels have, asked for before they are called.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile pid_t filtered_pid = 0;
const volatile int target_signal = 0;
const volatile bool failed_only = false;

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

struct event {
    u32 pid, tpid;
    int sig, ret;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, u32);
    __type(value, struct event);
} values SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} events SEC(".maps");

static int enter(pid_t to, int sig) {
    const u64 both = bpf_get_current_pid_tgid();
    const u32 pid = both >> 32, tid = both;
    struct event event = {.pid = pid, .tpid = to, .sig = sig};

    if ((target_signal && sig != target_signal) || (filtered_pid && pid != (u32)filtered_pid)) return 0;
    bpf_get_current_comm(event.comm, sizeof(event.comm));
    return bpf_map_update_elem(&values, &tid, &event, BPF_ANY);
}

static int leave(void* ctx, int ret) {
    const u32 tid = bpf_get_current_pid_tgid();
    struct event* event = bpf_map_lookup_elem(&values, &tid);

    if (!event) return 0;
    if (!failed_only || ret < 0) {
        event->ret = ret;
        bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, sizeof(*event));
    }
    return bpf_map_delete_elem(&values, &tid);
}

SEC("tracepoint/syscalls/sys_enter_kill")
int enter_kill(struct trace_event_raw_sys_enter* ctx) { return enter((pid_t)ctx->args[0], (int)ctx->args[1]); }

SEC("tracepoint/syscalls/sys_exit_kill")
int leave_kill(struct trace_event_raw_sys_exit* ctx) { return leave(ctx, ctx->ret); }

SEC("tracepoint/syscalls/sys_enter_tkill")
int enter_tkill(struct trace_event_raw_sys_enter* ctx) { return enter((pid_t)ctx->args[0], (int)ctx->args[1]); }

SEC("tracepoint/syscalls/sys_exit_tkill")
int leave_tkill(struct trace_event_raw_sys_exit* ctx) { return leave(ctx, ctx->ret); }

SEC("tracepoint/syscalls/sys_enter_tgkill")
int enter_tgkill(struct trace_event_raw_sys_enter* ctx) { return enter((pid_t)ctx->args[1], (int)ctx->args[2]); }

SEC("tracepoint/syscalls/sys_exit_tgkill")
int leave_tgkill(struct trace_event_raw_sys_exit* ctx) { return leave(ctx, ctx->ret); }

SEC("tp_btf/sched_process_exec")
int BPF_PROG(with_kernel_functions, struct task_struct* task) {
    if (bpf_ksym_exists(bpf_rcu_read_lock) && bpf_ksym_exists(bpf_rcu_read_unlock)) {
        bpf_rcu_read_lock();
        bpf_rcu_read_unlock();
    }
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
