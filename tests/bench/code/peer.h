/* SPDX-License-Identifier: Apache-2.0
 *
 * What the C programs of this folder share. Each does the work of the script beside it, as a careful programmer would
 * write it by hand; what a script must do and the programs leave out (counting every loss) is Avocet's to pay.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define PER_CPU_HASH(name, key_type, value_type) \
    struct {                                     \
        __uint(type, BPF_MAP_TYPE_PERCPU_HASH);  \
        __uint(max_entries, 4096);               \
        __type(key, key_type);                   \
        __type(value, value_type);               \
    } name SEC(".maps")

/* Adds to the element of `key`, which is made when it is not there. */
static __always_inline void add(void* map, const void* key, __u64 amount) {
    __u64* value = bpf_map_lookup_elem(map, key);
    if (value)
        *value += amount;
    else
        bpf_map_update_elem(map, key, &amount, BPF_NOEXIST);
}

/* The bucket of a power-of-two histogram. */
static __always_inline __u32 bucket(__s64 n) {
    __u64 v = n;
    __u32 log = 0, step;
    if (n < 0) return 0;
    if (n < 1) return 1;
    step = (v > 0xffffffff) << 5, v >>= step, log = step;
    step = (v > 0xffff) << 4, v >>= step, log |= step;
    step = (v > 0xff) << 3, v >>= step, log |= step;
    step = (v > 0xf) << 2, v >>= step, log |= step;
    step = (v > 0x3) << 1, v >>= step, log |= step;
    return (log | (v >> 1)) + 2;
}

struct comm_key {
    char comm[16];
};
struct comm_bucket {
    char comm[16];
    __u32 bucket;
};
