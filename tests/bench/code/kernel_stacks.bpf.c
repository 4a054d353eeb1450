// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 4096);
    __uint(key_size, 4);
    __uint(value_size, 127 * 8);
} stacks SEC(".maps");
PER_CPU_HASH(counts, __u32, __u64);

SEC("perf_event")
int count(void* ctx) {
    __u32 id = bpf_get_stackid(ctx, &stacks, 0);
    add(&counts, &id, 1);
    return 0;
}
