// SPDX-License-Identifier: Apache-2.0
#include <uapi/linux/ptrace.h>
struct request_t {
    u64 when;
    u32 size;
    char path[64];
    char method[8];
};
BPF_PERF_OUTPUT(requests);
static int same(char* a, char* b, int n) {
    for (int i = 0; i < n; i++)
        if (a[i] != b[i]) return 0;
    return 1;
}
int on_usdt(struct pt_regs* ctx, char* path, u32 size, short code) {
    struct request_t out = {0};
    char wanted[5] = "/get";
    u64 where = 0;
    if (code < 0 || size == 0) return 0;
    bpf_usdt_readarg(4, ctx, &where);
    bpf_usdt_readarg_p(5, ctx, &out.method, sizeof(out.method));
    bpf_probe_read_user_str(&out.path, sizeof(out.path), (void*)path);
    if (!same(out.path, wanted, 4)) return 0;
    out.when = bpf_ktime_get_ns();
    out.size = size;
    requests.perf_submit(ctx, &out, sizeof(out));
    bpf_trace_printk("request of %d bytes\n", size);
    return 0;
};
