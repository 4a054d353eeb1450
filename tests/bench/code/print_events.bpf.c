// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

struct event {
    __u64 time;
    __u32 pid;
    char comm[16];
};
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 16 << 20);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int print(void* ctx) {
    struct event* e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e) return 0;
    e->time = bpf_ktime_get_ns();
    e->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(e->comm, sizeof(e->comm));
    bpf_ringbuf_submit(e, 0);
    return 0;
}
