// SPDX-License-Identifier: Apache-2.0
//
// Events of chosen times in several rings (avocet_rings).
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include "avocet/abi/program.h"

char license_text[] SEC("license") = "GPL";

const volatile __u32 avocet_ring_count = 0;

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
};
struct ring avocet_events SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
    __array(values, struct ring);
} avocet_rings SEC(".maps");

static __always_inline long write(__u32 number, __u64 time_ns) {
    avocet_event_header event = {.time_ns = time_ns};
    void* ring = &avocet_events;
    if (avocet_ring_count) ring = bpf_map_lookup_elem(&avocet_rings, &number);
    return ring ? bpf_ringbuf_output(ring, &event, sizeof event, BPF_RB_NO_WAKEUP) : -1;
}

// Within ring 1 two CPUs have stamped in the other order: 31 before 30.
SEC("raw_tp")
int scatter(void* ctx) {
    return write(0, 20) || write(0, 40) || write(1, 10) || write(1, 31) || write(1, 30) || write(2, 5) ||
           write(2, 50) || write(3, 45);
}
