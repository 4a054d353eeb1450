// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

struct pair {
    char comm[16];
    __s64 pid;
};
PER_CPU_HASH(counts, struct pair, __u64);

SEC("tracepoint/sched/sched_switch")
int count(struct trace_event_raw_sched_switch* ctx) {
    struct pair key;
    bpf_probe_read_kernel(key.comm, sizeof(key.comm), ctx->prev_comm);
    key.pid = ctx->next_pid;
    add(&counts, &key, 1);
    return 0;
}
