// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

struct event {
    __u32 pid;
    char comm[16];
    char name[1024];
};
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 16 << 20);
} events SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct event);
} scratch SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int print(struct trace_event_raw_sys_enter* ctx) {
    __u32 zero = 0;
    struct event* e = bpf_map_lookup_elem(&scratch, &zero);
    if (!e) return 0;
    e->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(e->comm, sizeof(e->comm));
    long size = bpf_probe_read_user_str(e->name, sizeof(e->name), (const char*)ctx->args[1]);
    if (size < 0) size = 0;
    size += __builtin_offsetof(struct event, name);
    bpf_ringbuf_output(&events, e, size & 2047, 0);
    return 0;
}
