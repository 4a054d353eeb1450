// SPDX-License-Identifier: Apache-2.0
//
// BCC-style: parameters of a function on a static probe are the probe's arguments, wherever they lie.
#include <uapi/linux/ptrace.h>

struct wide_t {
    u64 whole;
    u32 half;
    s64 sign;
    u64 read;
    int status;
};
BPF_PERF_OUTPUT(events);

int on_wide(struct pt_regs* ctx, u64 whole, u32 half, u16 quarter, u8 eighth, u8 high, s32 a) {
    struct wide_t out = {.whole = whole, .half = half, .sign = a};
    out.status = bpf_usdt_readarg(1, ctx, &out.read);
    events.perf_submit(ctx, &out, sizeof(out));
    return 0;
}
