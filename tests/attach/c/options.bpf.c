// SPDX-License-Identifier: Apache-2.0
//
// Options by their variables alone, and programs of which one is enough.

// clang-format off
#include "vmlinux.h"  // first: the others use its types
#include <bpf/bpf_helpers.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";

enum level { LOW, HIGH = 7 };

const volatile pid_t targ_pid = 0;
const volatile __s16 bias = -2;
const volatile bool loud = false;
const volatile enum level level = HIGH;
const volatile char prefix[8] = "none";
const volatile __u64 filter_uid = 0, target_uid = 0;
const volatile __u32 tagged __attribute__((btf_decl_tag("avocet:option=every"), btf_decl_tag("avocet:help=one of N"))) =
    1;
static const volatile int hidden = 3;

struct event {
    s32 bias;
    u32 level;
    u32 loud;
    u32 every;
    char prefix[8];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

SEC("tp/syscalls/sys_enter_openat")
int opens(void* ctx) {
    struct event* e;
    if (targ_pid && targ_pid != (bpf_get_current_pid_tgid() >> 32)) return 0;
    if (filter_uid + target_uid) return 0;
    e = bpf_ringbuf_reserve(&events, sizeof *e, 0);
    if (!e) return 0;
    e->bias = bias + hidden;
    e->level = level;
    e->loud = loud;
    e->every = tagged;
    for (int i = 0; i < 8; ++i) e->prefix[i] = prefix[i];
    bpf_ringbuf_submit(e, 0);
    return 0;
}
