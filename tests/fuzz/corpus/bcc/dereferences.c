// SPDX-License-Identifier: Apache-2.0
//
// BCC-style: kernel memory read by plain dereferences, through helpers, maps and bit-fields.
#include <linux/sched.h>

struct parent_t {
    u32 tgid;
    u32 same;
    char comm[TASK_COMM_LEN];
};
BPF_HASH(tasks, u32, struct task_struct*);
BPF_RINGBUF_OUTPUT(parents, 8);

static struct task_struct* parent_of(struct task_struct* task) { return task->real_parent; }

TRACEPOINT_PROBE(sched, sched_process_exec) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    tasks.update(&pid, &task);
    return 0;
}

RAW_TRACEPOINT_PROBE(sched_process_exit) {
    struct task_struct *task = (struct task_struct*)ctx->args[0], **kept;
    u32 pid = task->tgid;
    struct parent_t out = {};
    kept = tasks.lookup(&pid);
    if (!kept || task->pid != task->tgid) return 0;
    out.tgid = parent_of(*kept)->tgid;
    out.same = (*kept)->real_parent->pid == task->real_parent->pid && task->files[0] == (*kept)->files[1];
    if (task->sched_reset_on_fork) out.same = 9;
    bpf_probe_read_kernel_str(out.comm, sizeof(out.comm), task->comm);
    tasks.delete(&pid);
    parents.ringbuf_output(&out, sizeof(out), 0);
    return 0;
}
