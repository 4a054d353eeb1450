// SPDX-License-Identifier: Apache-2.0
//
// Memory that was allocated and not freed: bare sections for a library's functions, tracepoints of the kernel of which
// some are not there, and one table of what is left by stack.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile u64 min_size = 0;
const volatile u64 max_size = -1;
const volatile bool trace_kernel = false;

struct allocation {
    u64 size, timestamp_ns;
    s32 stack_id;
};

struct combined {
    u64 total_size, number_of_allocs;
};

struct stack_key {
    u32 tgid;
    s32 stack_id __attribute__((btf_decl_tag("avocet:stack.user")));
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 10240);
} sizes SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u64);
    __type(value, struct allocation);
    __uint(max_entries, 1000000);
    __uint(map_flags, BPF_F_NO_PREALLOC);
} allocs SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct stack_key);
    __type(value, struct combined);
    __uint(max_entries, 10240);
} combined_allocs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __type(key, u32);
} stack_traces SEC(".maps");

static int allocate(size_t size) {
    const u32 tid = bpf_get_current_pid_tgid();
    const u64 bytes = size;

    if (size < min_size || size > max_size) return 0;
    return bpf_map_update_elem(&sizes, &tid, &bytes, BPF_ANY);
}

static void combine(const struct allocation* one, s64 by) {
    static const struct combined none;
    struct stack_key key = {.tgid = bpf_get_current_pid_tgid() >> 32, .stack_id = one->stack_id};
    struct combined* sum = bpf_map_lookup_elem(&combined_allocs, &key);

    if (!sum) {
        bpf_map_update_elem(&combined_allocs, &key, &none, BPF_NOEXIST);
        sum = bpf_map_lookup_elem(&combined_allocs, &key);
    }
    if (!sum) return;
    __sync_fetch_and_add(&sum->total_size, by < 0 ? -one->size : one->size);
    __sync_fetch_and_add(&sum->number_of_allocs, by);
}

static int allocated(void* ctx, u64 address, u64 size) {
    struct allocation one = {.size = size, .timestamp_ns = bpf_ktime_get_ns()};

    if (!address) return 0;
    one.stack_id = bpf_get_stackid(ctx, &stack_traces, trace_kernel ? 0 : BPF_F_USER_STACK);
    bpf_map_update_elem(&allocs, &address, &one, BPF_ANY);
    combine(&one, 1);
    return 0;
}

static int released(const void* address) {
    const u64 key = (u64)address;
    struct allocation* one = bpf_map_lookup_elem(&allocs, &key);

    if (!one) return 0;
    combine(one, -1);
    return bpf_map_delete_elem(&allocs, &key);
}

static int returned(struct pt_regs* ctx) {
    const u32 tid = bpf_get_current_pid_tgid();
    u64* size = bpf_map_lookup_elem(&sizes, &tid);

    if (!size) return 0;
    allocated(ctx, PT_REGS_RC(ctx), *size);
    return bpf_map_delete_elem(&sizes, &tid);
}

SEC("uprobe")
int BPF_UPROBE(malloc_enter, size_t size) { return allocate(size); }

SEC("uretprobe")
int BPF_URETPROBE(malloc_exit) { return returned(ctx); }

SEC("uprobe")
int BPF_UPROBE(free_enter, void* address) { return released(address); }

SEC("tracepoint/kmem/kmalloc")
int kernel_allocates(struct trace_event_raw_kmalloc* ctx) {
    if (!trace_kernel) return 0;
    return allocated(ctx, (u64)BPF_CORE_READ(ctx, ptr), BPF_CORE_READ(ctx, bytes_alloc));
}

/* Gone since Linux 6.1. */
SEC("tracepoint/kmem/kmalloc_node_of_old")
int kernel_allocates_on_node(void* ctx) { return 0; }

char LICENSE[] SEC("license") = "GPL";
