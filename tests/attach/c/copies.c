// SPDX-License-Identifier: Apache-2.0
//
// BCC-style: one argument read by number, compared by a function named like one of the C library's, and a line printed.
#include <uapi/linux/ptrace.h>

static int strncmp(char *a, char *b, int size) {
    for (int i = 0; i < size; i++)
        if (a[i] != b[i]) return 1;
    return 0;
};

int on_transfer(struct pt_regs *ctx) {
    uint64_t pathptr = 0;
    char path[128] = {}, wanted[9] = "/copyfile";

    if (bpf_usdt_readarg(2, ctx, &pathptr)) return 0;
    bpf_probe_read(&path, sizeof(path), (void *)pathptr);
    if (strncmp(path, wanted, sizeof(wanted)) == 0) bpf_trace_printk("Someone is transferring a file!\n");
    return 0;
};
