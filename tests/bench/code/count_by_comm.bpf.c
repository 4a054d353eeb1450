// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

PER_CPU_HASH(counts, struct comm_key, __u64);

SEC("tracepoint/syscalls/sys_enter_getppid")
int count(void* ctx) {
    struct comm_key key;
    bpf_get_current_comm(key.comm, sizeof(key.comm));
    add(&counts, &key, 1);
    return 0;
}
