// SPDX-License-Identifier: Apache-2.0
//
// libbpf's dialect: members of kernel structs by name, an option, a map, a table of events. Built for one kernel, run
// on the others.
// clang-format off
#include "vmlinux.h"  // first: the others use its types
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
// clang-format on

const volatile int above = 0;

struct call {
    u32 pid, parent;
    u64 number;
    char comm[16];
};
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} calls SEC(".maps") __attribute__((btf_decl_tag("avocet:table=call")));
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, u32);
    __type(value, u64);
} counts SEC(".maps");

SEC("tp/syscalls/sys_enter_getppid")
int count_calls(void* ctx) {
    struct task_struct* task = (void*)bpf_get_current_task();
    struct call call = {};
    u32 threads = BPF_CORE_READ(task, signal, nr_threads);
    u64 zero = 0, *count;
    bpf_get_current_comm(call.comm, sizeof(call.comm));
    if (call.comm[0] != 'a' || call.comm[1] != 'v' || call.comm[2] != 'c') return 0;
    bpf_map_update_elem(&counts, &threads, &zero, BPF_NOEXIST);
    count = bpf_map_lookup_elem(&counts, &threads);
    if (!count) return 0;
    call.number = __sync_fetch_and_add(count, 1) + 1;
    call.pid = BPF_CORE_READ(task, tgid);
    call.parent = BPF_CORE_READ(task, real_parent, tgid);
    if (call.number > above) bpf_ringbuf_output(&calls, &call, sizeof(call), 0);
    return 0;
}

char _license[] SEC("license") = "GPL";
