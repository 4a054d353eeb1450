// SPDX-License-Identifier: Apache-2.0
//
// How long tasks wait for a processor: two programs for each event, of which one is loaded; histograms in values, in
// maps whose size nobody says; by name space if asked for.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define MOST_SLOTS 26

const volatile bool targ_per_pidns = false;
const volatile bool targ_per_process = false;
const volatile pid_t targ_tgid = 0;

struct hist {
    u32 slots[MOST_SLOTS];
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
} start SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

static struct hist zero;

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, struct hist);
} hists SEC(".maps");

static int enqueue(u32 tgid, u32 pid) {
    const u64 now = bpf_ktime_get_ns();

    if (!pid || (targ_tgid && targ_tgid != (pid_t)tgid)) return 0;
    bpf_map_update_elem(&start, &pid, &now, BPF_ANY);
    return 0;
}

static u32 name_space(struct task_struct* task) {
    struct pid* pid = BPF_CORE_READ(task, thread_pid);
    struct upid upid;
    const unsigned int level = BPF_CORE_READ(pid, level);

    bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]);
    return BPF_CORE_READ(upid.ns, ns.inum);
}

static int switched(bool preempt, struct task_struct* prev, struct task_struct* next) {
    u32 pid = BPF_CORE_READ(next, pid), key = -1, before = BPF_CORE_READ(prev, pid);
    struct hist* hist;
    u64 *since, slot = 0;
    s64 waited;

    if (preempt) enqueue(BPF_CORE_READ(prev, tgid), before);
    since = bpf_map_lookup_elem(&start, &pid);
    if (!since) return 0;
    waited = bpf_ktime_get_ns() - *since;
    if (waited < 0) goto done;
    if (targ_per_process) key = BPF_CORE_READ(next, tgid);
    if (targ_per_pidns) key = name_space(next);
    hist = bpf_map_lookup_elem(&hists, &key);
    if (!hist) {
        bpf_map_update_elem(&hists, &key, &zero, BPF_NOEXIST);
        hist = bpf_map_lookup_elem(&hists, &key);
        if (!hist) goto done;
        bpf_probe_read_kernel_str(&hist->comm, sizeof(hist->comm), next->comm);
    }
    waited /= 1000;
#pragma unroll
    for (int i = 0; i < MOST_SLOTS - 1; i++)
        if (waited >> (i + 1)) slot = i + 1;
    if (slot >= MOST_SLOTS) slot = MOST_SLOTS - 1;
    __sync_fetch_and_add(&hist->slots[slot], 1);
done:
    bpf_map_delete_elem(&start, &pid);
    return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakeup, struct task_struct* task) { return enqueue(task->tgid, task->pid); }

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(wakeup_new, struct task_struct* task) { return enqueue(task->tgid, task->pid); }

SEC("tp_btf/sched_switch")
int BPF_PROG(switch_typed, bool preempt, struct task_struct* prev, struct task_struct* next) {
    return switched(preempt, prev, next);
}

SEC("raw_tp/sched_wakeup")
int BPF_PROG(wakeup_raw, struct task_struct* task) {
    return enqueue(BPF_CORE_READ(task, tgid), BPF_CORE_READ(task, pid));
}

SEC("raw_tp/sched_wakeup_new")
int BPF_PROG(wakeup_new_raw, struct task_struct* task) {
    return enqueue(BPF_CORE_READ(task, tgid), BPF_CORE_READ(task, pid));
}

SEC("raw_tp/sched_switch")
int BPF_PROG(switch_raw, bool preempt, struct task_struct* prev, struct task_struct* next) {
    return switched(preempt, prev, next);
}

char LICENSE[] SEC("license") = "GPL";
