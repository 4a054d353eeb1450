// SPDX-License-Identifier: Apache-2.0
#include <linux/sched.h>
typedef struct {
    int a, b;
} pair_t;
enum mode { ONE, TWO = 2 };
BPF_TABLE("percpu_hash", pair_t, u64, seen, 64);
BPF_HISTOGRAM(widths, int, 32);
BPF_QUEUE(later, struct pt_regs, 8);
BPF_STACK_TRACE(stacks, 16);

void on_many(struct pt_regs* ctx, struct task_struct* task, const char __user* name, pair_t* p) {
    pair_t key = {task->real_parent->pid, task->sched_reset_on_fork + p->b};
    if (task->tgid == TWO) return;
    seen.increment(key, sizeof(seen.leaf));
    widths.increment(bpf_log2(stacks.get_stackid(ctx, 0)));
    bpf_trace_printk("%d\n", key.a);
}
int kprobe__vfs_read(struct pt_regs* ctx, struct task_struct* t) { return t ? t->comm[0] : 0; }
KFUNC_PROBE(vfs_write, struct task_struct* t) { return t->pid; }
