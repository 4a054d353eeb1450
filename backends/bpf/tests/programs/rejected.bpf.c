// SPDX-License-Identifier: Apache-2.0
//
// One function for each rule that the verifier refuses to see broken. The test finds the line marked "refused: NAME".
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

char license_text[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64[4]);
} slots SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} table SEC(".maps");

SEC("raw_tp")
int unbounded_memory(struct bpf_raw_tracepoint_args* ctx) {
    __u32 key = 0;
    __u64* slot = bpf_map_lookup_elem(&slots, &key);
    __u64 index = ctx->args[1];
    if (!slot) return 0;
    return slot[index];  // refused: unbounded_memory
}

SEC("raw_tp")
int missing_check(void* ctx) {
    (void)ctx;
    __u32 key = 0;
    __u64* slot = bpf_map_lookup_elem(&table, &key);
    return *slot;  // refused: missing_check
}

SEC("raw_tp")
int endless(struct bpf_raw_tracepoint_args* ctx) {
    volatile __u64 end = ctx->args[1];
    __u32 key = 0;
    for (__u64 i = 0; i != end; i++) {  // refused: endless
        __u64* slot = bpf_map_lookup_elem(&slots, &key);
        if (slot) __sync_fetch_and_add(slot, i);
    }
    return 0;
}

SEC("raw_tp")
int wrong_helper(void* ctx) {
    return bpf_skb_load_bytes(ctx, 0, (void*)0, 0);  // refused: wrong_helper
}

SEC("raw_tp")
int outside_value(void* ctx) {
    (void)ctx;
    __u32 key = 0;
    __u64* slot = bpf_map_lookup_elem(&slots, &key);
    if (!slot) return 0;
    return slot[4];  // refused: outside_value
}

SEC("raw_tp")
int wild_pointer(struct bpf_raw_tracepoint_args* ctx) {
    return *(__u64*)ctx->args[1];  // refused: wild_pointer
}

static __noinline int inner(__u64 index) {
    __u32 key = 0;
    __u64* slot = bpf_map_lookup_elem(&slots, &key);
    if (!slot) return 0;
    return slot[index];  // refused: in_subprogram
}

SEC("raw_tp")
int in_subprogram(struct bpf_raw_tracepoint_args* ctx) { return inner(ctx->args[1]); }
