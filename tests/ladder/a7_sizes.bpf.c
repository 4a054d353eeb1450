// SPDX-License-Identifier: Apache-2.0
//
// Sizes of block requests: an argument whose position changed between kernels, a struct by a name of our own for one of
// its shapes, text as an option.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define MOST_SLOTS 20

const volatile char targ_comm[16] = {};

extern int LINUX_KERNEL_VERSION __kconfig;

struct hist_key {
    char comm[16];
};

struct hist {
    u32 slots[MOST_SLOTS];
};

/* struct request up to Linux 5.18 names the disk itself; later ones have it behind the queue. */
struct request___with_disk {
    struct gendisk* rq_disk;
} __attribute__((preserve_access_index));

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, struct hist_key);
    __type(value, struct hist);
} hists SEC(".maps");

static __always_inline bool is_wanted(const char* comm) {
    int i;

    for (i = 0; targ_comm[i] != 0 && i < 16; i++)
        if (comm[i] != targ_comm[i]) return false;
    return true;
}

static __always_inline u64 log2_of(u64 n) {
    u64 slot = 0;

#pragma unroll
    for (int i = 0; i < 32; i++)
        if (n >> (i + 1)) slot = i + 1;
    return slot;
}

static int note(struct request* rq) {
    static const struct hist none;
    struct hist_key key = {};
    struct hist* hist;
    struct gendisk* disk;
    u64 slot;

    bpf_get_current_comm(&key.comm, sizeof(key.comm));
    if (!is_wanted(key.comm)) return 0;
    if (bpf_core_field_exists(((struct request___with_disk*)0)->rq_disk))
        disk = BPF_CORE_READ((struct request___with_disk*)rq, rq_disk);
    else
        disk = BPF_CORE_READ(rq, q, disk);
    if (!BPF_CORE_READ(disk, major)) return 0;
    hist = bpf_map_lookup_elem(&hists, &key);
    if (!hist) {
        bpf_map_update_elem(&hists, &key, &none, BPF_NOEXIST);
        hist = bpf_map_lookup_elem(&hists, &key);
    }
    if (!hist) return 0;
    slot = log2_of(BPF_CORE_READ(rq, __data_len) / 1024);
    if (slot >= MOST_SLOTS) slot = MOST_SLOTS - 1;
    __sync_fetch_and_add(&hist->slots[slot], 1);
    return 0;
}

SEC("tp_btf/block_rq_issue")
int issued(u64* ctx) {
    /* commit a54895fa057c: the queue, once the first argument, is gone since Linux 5.11 */
    if (LINUX_KERNEL_VERSION >= KERNEL_VERSION(5, 11, 0)) return note((void*)ctx[0]);
    return note((void*)ctx[1]);
}

char LICENSE[] SEC("license") = "GPL";
