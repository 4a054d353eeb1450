// SPDX-License-Identifier: Apache-2.0
//
// A section without a target (bare.bpf.toml says where), counts in histograms of an array `slots`, an option that is a
// list and one that is true unless told otherwise, tags that say how members are shown.

// clang-format off
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";

const volatile bool report = true;
const volatile int wanted[4] = {};
const volatile int nr_wanted = 0;

struct event {
    u64 at __attribute__((btf_decl_tag("avocet:hide")));
    u32 host __attribute__((btf_decl_tag("avocet:ipv4")));
    int error __attribute__((btf_decl_tag("avocet:errno"))) __attribute__((btf_decl_tag("avocet:head=WHY")));
    u16 port __attribute__((btf_decl_tag("avocet:port=be")));
    u32 sum;
};

struct hist {
    u32 slots[16];
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, u32);
    __type(value, struct hist);
} hists SEC(".maps");

static const struct hist empty_hist;

SEC("uprobe")
int BPF_KPROBE(on_add, int a, int b) {
    u32 key = bpf_get_current_pid_tgid() >> 32, sum = a + b;
    struct hist *h = bpf_map_lookup_elem(&hists, &key);
    struct event *e;
    bool found = !nr_wanted;
    for (int i = 0; i < 4; ++i)
        if (i < nr_wanted && wanted[i] == a) found = true;
    if (!found) return 0;
    if (!h) {
        bpf_map_update_elem(&hists, &key, &empty_hist, BPF_ANY);
        h = bpf_map_lookup_elem(&hists, &key);
        if (!h) return 0;
        bpf_get_current_comm(h->comm, sizeof h->comm);
    }
    h->slots[(sum >> 3) & 15]++;
    if (!report) return 0;
    e = bpf_ringbuf_reserve(&events, sizeof *e, 0);
    if (!e) return 0;
    e->at = bpf_ktime_get_ns();
    e->host = 0x0100007f;
    e->error = -2;
    e->port = 0x5000;
    e->sum = sum;
    bpf_ringbuf_submit(e, 0);
    return 0;
}
