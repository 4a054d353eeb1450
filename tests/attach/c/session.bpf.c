// SPDX-License-Identifier: Apache-2.0
//
// One program at a function's entry and at its return (Linux 6.10): how many bytes the reads of one command got.

// clang-format off
#include "vmlinux.h"  // first: the others use its types
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";

extern bool bpf_session_is_return(void) __ksym __weak;

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, u32);
    __type(value, u64);
} sums SEC(".maps");

enum { CALLS, RETURNS, BYTES };

static void add(u32 what, u64 n) {
    u64 zero = 0, *sum;
    bpf_map_update_elem(&sums, &what, &zero, BPF_NOEXIST);
    sum = bpf_map_lookup_elem(&sums, &what);
    if (sum) __sync_fetch_and_add(sum, n);
}

SEC("kprobe.session/vfs_read")
int reads(struct pt_regs* ctx) {
    char comm[16] = "";
    bpf_get_current_comm(comm, sizeof comm);
    if (bpf_strncmp(comm, sizeof comm, "avreads")) return 0;
    if (bpf_session_is_return()) {
        add(RETURNS, 1);
        add(BYTES, PT_REGS_RC(ctx));
    } else {
        add(CALLS, 1);
    }
    return 0;
}
