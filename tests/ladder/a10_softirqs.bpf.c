// SPDX-License-Identifier: Apache-2.0
//
// Time in soft interrupts by their kind: results stand in variables, an array of histograms and one of numbers, which
// tags put into the output.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define MOST_SLOTS 20
#define KINDS 10

const volatile bool targ_dist = false;

struct hist {
    u32 slots[MOST_SLOTS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} start SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

u64 counts[KINDS] __attribute__((btf_decl_tag("avocet:print"))) = {};
u64 time_ns[KINDS] __attribute__((btf_decl_tag("avocet:print"))) = {};
struct hist hists[KINDS] __attribute__((btf_decl_tag("avocet:print"))) = {};

static int enter(void) {
    const u64 now = bpf_ktime_get_ns();
    const u32 key = 0;

    return bpf_map_update_elem(&start, &key, &now, BPF_ANY);
}

static int leave(unsigned int kind) {
    const u32 key = 0;
    u64 *begun = bpf_map_lookup_elem(&start, &key), took, slot = 0;

    if (kind >= KINDS || !begun || !*begun) return 0;
    took = bpf_ktime_get_ns() - *begun;
    __sync_fetch_and_add(&counts[kind], 1);
    if (!targ_dist) {
        __sync_fetch_and_add(&time_ns[kind], took);
        return 0;
    }
    took /= 1000;
#pragma unroll
    for (int i = 0; i < MOST_SLOTS - 1; i++)
        if (took >> (i + 1)) slot = i + 1;
    __sync_fetch_and_add(&hists[kind].slots[slot], 1);
    return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(entry_typed, unsigned int kind) { return enter(); }

SEC("tp_btf/softirq_exit")
int BPF_PROG(exit_typed, unsigned int kind) { return leave(kind); }

SEC("raw_tp/softirq_entry")
int BPF_PROG(entry_raw, unsigned int kind) { return enter(); }

SEC("raw_tp/softirq_exit")
int BPF_PROG(exit_raw, unsigned int kind) { return leave(kind); }

char LICENSE[] SEC("license") = "GPL";
