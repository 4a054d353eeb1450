// SPDX-License-Identifier: Apache-2.0
#include <linux/sched.h>
#define ARGSIZE 32
enum kind { WHOLE, PART };
struct open_t {
    enum kind kind;
    u64 id, flags;
    char comm[TASK_COMM_LEN], name[ARGSIZE];
};
BPF_HASH(opens, u64, struct open_t);
BPF_PERF_OUTPUT(events);
static int submit(struct pt_regs* ctx, struct open_t* what, const char* from) {
    bpf_probe_read_user(what->name, sizeof(what->name), from);
    return events.perf_submit(ctx, what, sizeof(struct open_t));
}
int syscall__openat2(struct pt_regs* ctx, int dfd, const char __user* name, const char __user* const __user* argv,
                     struct open_how __user* how) {
    struct open_t out = {.kind = PART};
    const char* first = NULL;
    out.id = bpf_get_current_pid_tgid();
    out.flags = how->flags + how->mode;
    if (bpf_get_current_comm(&out.comm, sizeof(out.comm))) goto out;
    bpf_probe_read_user(&first, sizeof(first), (void*)&argv[1]);
#pragma unroll
    for (int i = 0; i < 2; i++) submit(ctx, &out, i ? first : name);
    opens.update(&out.id, &out);
out:
    return 0;
}
int kretprobe____x64_sys_openat2(struct pt_regs* ctx) {
    u64 id = bpf_get_current_pid_tgid();
    struct open_t* open = opens.lookup(&id);
    if (open == 0 || PT_REGS_RC(ctx) < 0) return 0;
    open->kind = WHOLE;
    open->flags = PT_REGS_RC(ctx);
    events.perf_submit(ctx, open, sizeof(*open));
    opens.delete(&id);
    return 0;
}
int on_open(struct pt_regs* ctx, int dfd, const char __user* filename, struct open_how* how) {
    struct open_t out = {};
    if (dfd == -1) return 0;
    submit(ctx, &out, filename);
    return 0;
}
TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    struct open_t out = {.flags = args->dfd + args->rwbs[1]};
    TP_DATA_LOC_READ_STR(&out.name, comm, sizeof(out.name));
    bpf_probe_read_user_str(out.comm, sizeof(out.comm), (char*)args->filename);
    events.perf_submit(args, &out, sizeof(out));
    return 0;
}
