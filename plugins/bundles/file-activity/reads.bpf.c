// SPDX-License-Identifier: Apache-2.0
//
// Sizes of reads, in powers of two, for each program. How they are shown stands in reads.toml.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SLOTS 26

const volatile pid_t only_pid = 0;

struct program {
    char comm[16];
};

struct sizes {
    u32 slots[SLOTS];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct program);
    __type(value, struct sizes);
} reads SEC(".maps");

static const struct sizes none;

SEC("tracepoint/syscalls/sys_exit_read")
int read_returns(struct trace_event_raw_sys_exit* ctx) {
    struct program program = {};
    struct sizes* sizes;
    long bytes = ctx->ret;
    u32 slot = 0;

    if (bytes <= 0 || (only_pid && only_pid != (pid_t)(bpf_get_current_pid_tgid() >> 32))) return 0;
    bpf_get_current_comm(program.comm, sizeof(program.comm));
    sizes = bpf_map_lookup_elem(&reads, &program);
    if (!sizes) {
        bpf_map_update_elem(&reads, &program, &none, BPF_NOEXIST);
        sizes = bpf_map_lookup_elem(&reads, &program);
        if (!sizes) return 0;
    }
#pragma unroll
    for (int i = 1; i < SLOTS; i++)
        if (bytes >> i) slot = i;
    __sync_fetch_and_add(&sizes->slots[slot], 1);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
