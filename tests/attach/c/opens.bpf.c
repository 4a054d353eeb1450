// SPDX-License-Identifier: Apache-2.0
//
// Files that are opened: a ring buffer of events, a map of counts.

// clang-format off
#include "vmlinux.h"  // first: the others use its types
#include <bpf/bpf_helpers.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";

struct event {
    u64 ts;
    u32 pid;
    char comm[16];
    char file[64];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, u32);
    __type(value, u64);
} counts SEC(".maps");

SEC("tp/syscalls/sys_enter_openat")
int opens(struct trace_event_raw_sys_enter* ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    u64 one = 1, *n;
    struct event* e = bpf_ringbuf_reserve(&events, sizeof *e, 0);
    if (!e) return 0;
    e->ts = bpf_ktime_get_ns();
    e->pid = pid;
    bpf_get_current_comm(e->comm, sizeof e->comm);
    bpf_probe_read_user_str(e->file, sizeof e->file, (void*)ctx->args[1]);
    bpf_ringbuf_submit(e, 0);
    n = bpf_map_lookup_elem(&counts, &pid);
    if (n)
        __sync_fetch_and_add(n, 1);
    else
        bpf_map_update_elem(&counts, &pid, &one, BPF_ANY);
    return 0;
}
