// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

struct pair {
    char comm[16];
    __s64 tgid;
};
PER_CPU_HASH(counts, struct pair, __u64);

SEC("tracepoint/syscalls/sys_enter_getppid")
int count(void* ctx) {
    struct task_struct* task = (struct task_struct*)bpf_get_current_task();
    struct pair key;
    BPF_CORE_READ_STR_INTO(&key.comm, task, real_parent, comm);
    key.tgid = BPF_CORE_READ(task, tgid);
    add(&counts, &key, 1);
    return 0;
}
