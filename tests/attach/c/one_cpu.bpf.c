// SPDX-License-Identifier: Apache-2.0
// The verifier refuses it unless it is compiled for the first instruction set.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char license_[] SEC("license") = "GPL";
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} calls SEC(".maps");

SEC("raw_tp/sys_enter")
int count(void *ctx) {
    u32 key = 0;
    u64 *n = bpf_map_lookup_elem(&calls, &key);
#if __BPF_CPU_VERSION__ > 1
    if (n) n[100] = 1;
#endif
    if (n) __sync_fetch_and_add(n, 1);
    return 0;
}
