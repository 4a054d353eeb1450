// SPDX-License-Identifier: Apache-2.0
//
// A tracepoint with the kernel's own types: what ends, its fields read without a helper.

// clang-format off
#include "vmlinux.h"  // first: the others use its types
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, u32);
    __type(value, u32);
} ended SEC(".maps");

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct* task) {
    u32 pid = task->pid, same = task->pid == (u32)bpf_get_current_pid_tgid();
    bpf_map_update_elem(&ended, &pid, &same, BPF_ANY);
    return 0;
}
