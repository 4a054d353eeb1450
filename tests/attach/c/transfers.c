// SPDX-License-Identifier: Apache-2.0
//
// BCC-style: file transfers of a server that announces them by a static probe. The parameters are the probe's arguments;
// the strings are the server's memory.
#include <uapi/linux/ptrace.h>

struct transfer_t {
    char client[20];
    char path[300];
    u32 bytes;
    u64 ts;
};

BPF_PERF_OUTPUT(transfers);

int on_transfer(struct pt_regs *ctx, char *client, char *path, u32 bytes) {
    struct transfer_t t = {0};

    t.ts = bpf_ktime_get_ns();
    t.bytes = bytes;
    bpf_probe_read(&t.client, sizeof(t.client), (void *)client);
    bpf_probe_read(&t.path, sizeof(t.path), (void *)path);
    transfers.perf_submit(ctx, &t, sizeof(t));
    return 0;
};
