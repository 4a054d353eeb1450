// SPDX-License-Identifier: Apache-2.0
//
// What the shipped headers offer beyond the plain helpers; each part leaves a number in `sums`.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "GPL";
extern int LINUX_KERNEL_VERSION __kconfig;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, u32);
    __type(value, u64);
} sums SEC(".maps");

static void put(u32 slot, u64 value) { bpf_map_update_elem(&sums, &slot, &value, BPF_ANY); }
static void add(u32 slot, u64 value) {
    u64 *n = bpf_map_lookup_elem(&sums, &slot);
    if (n) __sync_fetch_and_add(n, value);
}

SEC("uprobe")
int BPF_UPROBE(on_add, int a, int b) {
    struct task_struct *task = (void *)bpf_get_current_task();
    char comm[16] = "", text[32] = "";
    int i, sum = 0;

    add(0, 1);
    for (i = 0; i < 10; i++) sum += i;
    if (bpf_core_field_exists(task->pid) && bpf_core_type_exists(struct task_struct)) put(2, sum);
    put(3, BPF_CORE_READ(task, real_parent, tgid));
    BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
    if (comm[0] == 'a' && bpf_htons(1) == 256 && LINUX_KERNEL_VERSION > KERNEL_VERSION(5, 4, 0) &&
        bpf_core_enum_value(enum pid_type, PIDTYPE_TGID) == 1)
        put(4, BPF_SNPRINTF(text, sizeof(text), "%d %s", 10, "x"));
    return 0;
}

SEC("uretprobe")
int BPF_URETPROBE(on_sum, int result) {
    add(1, 1);
    return 0;
}

SEC("usdt")
int BPF_USDT(on_wide, long whole, int half, short quarter) {
    put(5, quarter);
    return 0;
}
