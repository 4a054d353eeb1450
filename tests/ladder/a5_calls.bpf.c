// SPDX-License-Identifier: Apache-2.0
//
// System calls counted by number, within a control group or everywhere; the most frequent, at an interval.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define MOST 1024

const volatile bool filter_cg = false;
const volatile bool failed_only = false;
const volatile pid_t filter_pid = 0;

struct data_t {
    u64 count, total_ns;
};

struct key_t {
    u32 number __attribute__((btf_decl_tag("avocet:syscall")));
};

struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
    __type(key, u32);
    __type(value, u32);
    __uint(max_entries, 1);
} cgroup_map SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MOST);
    __type(key, u32);
    __type(value, u64);
} start SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MOST);
    __type(key, struct key_t);
    __type(value, struct data_t);
} data SEC(".maps");

SEC("tracepoint/raw_syscalls/sys_enter")
int enter(struct trace_event_raw_sys_enter* ctx) {
    const u64 both = bpf_get_current_pid_tgid();
    const u32 tid = both;
    const u64 now = bpf_ktime_get_ns();

    if (filter_cg && !bpf_current_task_under_cgroup(&cgroup_map, 0)) return 0;
    if (filter_pid && filter_pid != (pid_t)(both >> 32)) return 0;
    bpf_map_update_elem(&start, &tid, &now, BPF_ANY);
    return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int leave(struct trace_event_raw_sys_exit* ctx) {
    static const struct data_t zero;
    const u32 tid = bpf_get_current_pid_tgid();
    struct key_t key = {.number = ctx->id};
    u64* begun = bpf_map_lookup_elem(&start, &tid);
    struct data_t* value;

    if (!begun || (failed_only && ctx->ret >= 0)) return 0;
    value = bpf_map_lookup_elem(&data, &key);
    if (!value) {
        bpf_map_update_elem(&data, &key, &zero, BPF_NOEXIST);
        value = bpf_map_lookup_elem(&data, &key);
    }
    if (!value) return 0;
    __sync_fetch_and_add(&value->count, 1);
    __sync_fetch_and_add(&value->total_ns, bpf_ktime_get_ns() - *begun);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
