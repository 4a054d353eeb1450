// SPDX-License-Identifier: Apache-2.0
//
// BCC-style: parameters bound to registers, map methods, a histogram, an event of the type that is submitted.
#include <uapi/linux/ptrace.h>

struct sum_t {
    u64 total;
    u32 calls;
    char comm[TASK_COMM_LEN];
};
struct key_t {
    u32 odd;
    u64 slot;
};

BPF_HASH(sums, u32, struct sum_t);
BPF_ARRAY(biggest, u64, 1);
BPF_HISTOGRAM(sizes);
BPF_HISTOGRAM(by_parity, struct key_t);
BPF_PERF_OUTPUT(events);

static u64 bigger(u64 a, u64 b) { return a > b ? a : b; }

int on_add(struct pt_regs* ctx, int a, int b) {
    u32 pid = bpf_get_current_pid_tgid() >> 32, zero = 0;
    struct sum_t empty = {}, *sum = sums.lookup_or_try_init(&pid, &empty);
    struct key_t key = {.odd = a & 1, .slot = bpf_log2l(a + b)};
    u64* most = biggest.lookup(&zero);
    if (!sum || !most) return 0;
    sum->total += a + b;
    sum->calls++;
    bpf_get_current_comm(&sum->comm, sizeof(sum->comm));
    *most = bigger(*most, a + b);
    sizes.increment(bpf_log2l(a + b));
    by_parity.atomic_increment(key, 2);
    if (sum->calls == 5) events.perf_submit(ctx, sum, sizeof(*sum));
    return 0;
};
