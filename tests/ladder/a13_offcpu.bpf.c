// SPDX-License-Identifier: Apache-2.0
//
// Time off the processor by stacks: a map of stacks that the loader sizes, filters by state and process, two kinds of
// program for one event.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile pid_t target_tgid = 0;
const volatile bool kernel_threads_only = false;
const volatile bool user_threads_only = true;
const volatile u64 max_block_ns = -1;
const volatile u64 min_block_ns = 1000000;
const volatile long state = -1;

struct internal_key {
    u64 start_ts;
    u32 pid, tgid;
    s32 user_stack_id, kern_stack_id;
};

struct key_t {
    u32 pid, tgid;
    s32 user_stack_id, kern_stack_id;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, struct internal_key);
} start SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(key_size, sizeof(u32));
} stackmap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct key_t);
    __type(value, u64);
    __uint(max_entries, 10240);
} info SEC(".maps");

static bool is_wanted(struct task_struct* task) {
    const unsigned int flags = BPF_CORE_READ(task, flags);

    if (target_tgid && target_tgid != BPF_CORE_READ(task, tgid)) return false;
    if (user_threads_only && flags & 0x00200000 /* PF_KTHREAD, linux/sched.h */) return false;
    if (kernel_threads_only && !(flags & 0x00200000)) return false;
    if (state != -1 && (long)BPF_CORE_READ(task, __state) != state) return false;
    return true;
}

static int switched(void* ctx, struct task_struct* prev, struct task_struct* next) {
    struct internal_key begun = {}, *known;
    u32 pid;

    if (is_wanted(prev)) {
        pid = BPF_CORE_READ(prev, pid);
        begun.pid = pid;
        begun.tgid = BPF_CORE_READ(prev, tgid);
        begun.start_ts = bpf_ktime_get_ns();
        begun.user_stack_id =
            BPF_CORE_READ(prev, flags) & 0x00200000 ? -1 : bpf_get_stackid(ctx, &stackmap, BPF_F_USER_STACK);
        begun.kern_stack_id = bpf_get_stackid(ctx, &stackmap, 0);
        bpf_map_update_elem(&start, &pid, &begun, BPF_ANY);
    }
    pid = BPF_CORE_READ(next, pid);
    known = bpf_map_lookup_elem(&start, &pid);
    if (!known) return 0;
    const u64 took = bpf_ktime_get_ns() - known->start_ts;
    if (took >= min_block_ns && took <= max_block_ns) {
        struct key_t key = {.pid = known->pid,
                            .tgid = known->tgid,
                            .user_stack_id = known->user_stack_id,
                            .kern_stack_id = known->kern_stack_id};
        bpf_probe_read_kernel_str(&key.comm, sizeof(key.comm), next->comm);
        u64* sum = bpf_map_lookup_elem(&info, &key);
        if (sum)
            __sync_fetch_and_add(sum, took / 1000);
        else
            bpf_map_update_elem(&info, &key, &(u64){took / 1000}, BPF_NOEXIST);
    }
    bpf_map_delete_elem(&start, &pid);
    return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switch_typed, bool preempt, struct task_struct* prev, struct task_struct* next) {
    return switched(ctx, prev, next);
}

SEC("raw_tp/sched_switch")
int BPF_PROG(switch_raw, bool preempt, struct task_struct* prev, struct task_struct* next) {
    return switched(ctx, prev, next);
}

char LICENSE[] SEC("license") = "GPL";
