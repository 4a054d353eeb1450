// SPDX-License-Identifier: Apache-2.0
//
// Two structs in one buffer, maps whose keys and values are structs, stacks and a histogram: what a sidecar makes tables
// of. Numbers follow from the first parameter, so that they are known.
struct add_t {
    u64 start, end;
    u32 kind, parent;
    u64 bytes;
    char comm[16];
};
struct mark_t {
    u32 kind, number;
};
struct key_t {
    u32 id, half;
};
struct sums_t {
    u64 count, bytes;
};
struct where_t {
    char name[16];
    u32 pid;
    int stack;
};

BPF_PERF_OUTPUT(events);
BPF_HASH(sums, struct key_t, struct sums_t);
BPF_HASH(names, u32, u64);
BPF_HASH(where, struct where_t);
BPF_STACK_TRACE(stacks, 64);
BPF_HISTOGRAM(sizes);

int on_add(struct pt_regs *ctx, long a) {
    if ((a & 3) == 3) {
        struct mark_t mark = {.kind = 9, .number = a};
        events.perf_submit(ctx, &mark, sizeof(mark));
    }
    struct add_t e = {};
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    e.start = 1000 * (a + 1);
    e.end = e.start + 1500;
    e.kind = a & 1;
    e.parent = task->real_parent->tgid;
    e.bytes = 1024 * a;
    bpf_get_current_comm(&e.comm, sizeof(e.comm));
    events.perf_submit(ctx, &e, sizeof(e));

    struct key_t key = {.id = a >> 1, .half = a & 1};
    struct sums_t zero = {}, *sum = sums.lookup_or_try_init(&key, &zero);
    if (sum) {
        sum->count++;
        sum->bytes += 100 * a;
    }
    u64 name = key.id * 11;
    names.update(&key.id, &name);

    struct where_t place = {.pid = bpf_get_current_pid_tgid() >> 32};
    bpf_get_current_comm(&place.name, sizeof(place.name));
    place.stack = stacks.get_stackid(ctx, BPF_F_USER_STACK);
    where.increment(place);
    sizes.increment(bpf_log2l(a));
    return 0;
}
