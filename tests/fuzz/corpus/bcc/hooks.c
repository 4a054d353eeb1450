BPF_HASH(asked, u32);
BPF_CGROUP_ARRAY(groups, 1);
LSM_PROBE(task_kill, struct task_struct *task) {
    u32 flags = task->pid;
    asked.increment(flags);
    return groups.check_current_task(0) > 0 ? -1 : 0;
}
KMOD_RET(security_task_kill, struct task_struct *task, int ret) {
    u32 before = ret;
    asked.increment(before);
    return 0;
}
