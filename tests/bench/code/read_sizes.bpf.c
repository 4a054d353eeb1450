// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

PER_CPU_HASH(sizes, struct comm_bucket, __u64);

SEC("tracepoint/syscalls/sys_exit_read")
int leave(struct trace_event_raw_sys_exit* ctx) {
    struct comm_bucket key;
    if (ctx->ret <= 0) return 0;
    key.bucket = bucket(ctx->ret);
    bpf_get_current_comm(key.comm, sizeof(key.comm));
    add(&sizes, &key, 1);
    return 0;
}
