// SPDX-License-Identifier: Apache-2.0
//
// Time in interrupt handlers by their names: counts or histograms, as an option says; a time of entry for each
// processor.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define MOST_SLOTS 20

const volatile bool targ_dist = false;
const volatile bool do_count = false;

struct irq_key {
    char name[32];
};

struct info {
    u64 count;
    u32 slots[MOST_SLOTS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} start SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 256);
    __type(key, struct irq_key);
    __type(value, struct info);
} infos SEC(".maps");

static struct info zero;

static struct info* info_of(struct irqaction* action) {
    struct irq_key key = {};
    struct info* info;

    bpf_probe_read_kernel_str(&key.name, sizeof(key.name), BPF_CORE_READ(action, name));
    info = bpf_map_lookup_elem(&infos, &key);
    if (info) return info;
    bpf_map_update_elem(&infos, &key, &zero, BPF_NOEXIST);
    return bpf_map_lookup_elem(&infos, &key);
}

static int enter(struct irqaction* action) {
    const u64 now = bpf_ktime_get_ns();
    const u32 key = 0;
    struct info* info;

    if (!do_count) return bpf_map_update_elem(&start, &key, &now, BPF_ANY);
    info = info_of(action);
    if (info) info->count++;
    return 0;
}

static int leave(struct irqaction* action) {
    const u32 key = 0;
    u64 *begun = bpf_map_lookup_elem(&start, &key), took, slot = 0;
    struct info* info;

    if (do_count || !begun) return 0;
    took = bpf_ktime_get_ns() - *begun;
    info = info_of(action);
    if (!info) return 0;
    if (!targ_dist) {
        info->count += took;
        return 0;
    }
    took /= 1000;
#pragma unroll
    for (int i = 0; i < MOST_SLOTS - 1; i++)
        if (took >> (i + 1)) slot = i + 1;
    info->slots[slot]++;
    return 0;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(entry_typed, int irq, struct irqaction* action) { return enter(action); }

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(exit_typed, int irq, struct irqaction* action) { return leave(action); }

SEC("raw_tp/irq_handler_entry")
int BPF_PROG(entry_raw, int irq, struct irqaction* action) { return enter(action); }

SEC("raw_tp/irq_handler_exit")
int BPF_PROG(exit_raw, int irq, struct irqaction* action) { return leave(action); }

char LICENSE[] SEC("license") = "GPL";
