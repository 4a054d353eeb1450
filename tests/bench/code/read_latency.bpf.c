// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __u64);
    __type(value, __u64);
} start SEC(".maps");
PER_CPU_HASH(ns, struct comm_bucket, __u64);

SEC("tracepoint/syscalls/sys_enter_read")
int enter(void* ctx) {
    __u64 tid = (__u32)bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
    bpf_map_update_elem(&start, &tid, &now, BPF_ANY);
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_read")
int leave(void* ctx) {
    __u64 tid = (__u32)bpf_get_current_pid_tgid();
    __u64* begin = bpf_map_lookup_elem(&start, &tid);
    struct comm_bucket key;
    if (!begin) return 0;
    key.bucket = bucket(bpf_ktime_get_ns() - *begin);
    bpf_get_current_comm(key.comm, sizeof(key.comm));
    add(&ns, &key, 1);
    bpf_map_delete_elem(&start, &tid);
    return 0;
}
