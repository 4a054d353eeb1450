// SPDX-License-Identifier: Apache-2.0
//
// Calls of the virtual file system: typed programs and kprobes for the same functions, of which one kind is loaded;
// counters in variables.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum call { READ, WRITE, OPEN, STATS };

u64 stats[STATS] __attribute__((btf_decl_tag("avocet:print"))) = {};

static __always_inline int count(enum call which) {
    __sync_fetch_and_add(&stats[which], 1);
    return 0;
}

SEC("kprobe/vfs_read")
int BPF_KPROBE(read_by_registers) { return count(READ); }

SEC("kprobe/vfs_write")
int BPF_KPROBE(write_by_registers) { return count(WRITE); }

SEC("kprobe/vfs_open")
int BPF_KPROBE(open_by_registers) { return count(OPEN); }

SEC("fentry/vfs_read")
int BPF_PROG(read_typed) { return count(READ); }

SEC("fentry/vfs_write")
int BPF_PROG(write_typed) { return count(WRITE); }

SEC("fentry/vfs_open")
int BPF_PROG(open_typed) { return count(OPEN); }

char LICENSE[] SEC("license") = "GPL";
