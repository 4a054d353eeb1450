// SPDX-License-Identifier: Apache-2.0
//
// One function for each way to attach. Each counts where it ran by attach cookie; `on_enter` also writes events.
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char license_text[] SEC("license") = "GPL";

const volatile __u32 avocet_filter_pid = 0;
const volatile __u32 avocet_transport = 0;
const volatile __u64 watched_syscall = 110;  // getppid
const volatile __u32 payload_words = 1;

struct event {
    __u32 output;
    __u16 function, flags;
    __u64 time_ns;
    __u64 sequence;
    __u64 payload[63];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} avocet_events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} avocet_control SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} avocet_losses SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 10000);
    __type(key, __u64);
    __type(value, __u64);
} by_cookie SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 70000);
    __type(key, __u64);
    __type(value, __u32);
} numbers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} totals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct event);
} scratch SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} first_foreign SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} second_foreign SEC(".maps");

static __always_inline int wanted(void) {
    return !avocet_filter_pid || bpf_get_current_pid_tgid() >> 32 == avocet_filter_pid;
}

static __always_inline void count(__u64 key) {
    __u64 one = 1, *value = bpf_map_lookup_elem(&by_cookie, &key);
    if (value)
        *value += 1;
    else
        bpf_map_update_elem(&by_cookie, &key, &one, BPF_NOEXIST);
}

static __always_inline void lose(void) {
    __u32 cause = 0;
    __u64* lost = bpf_map_lookup_elem(&avocet_losses, &cause);
    if (lost) *lost += 1;
}

static __always_inline __u64 next_number(void) {
    __u32 key = 0;
    __u64* produced = bpf_map_lookup_elem(&totals, &key);
    return produced ? __sync_fetch_and_add(produced, 1) : 0;
}

SEC("raw_tp")
int on_enter(struct bpf_raw_tracepoint_args* ctx) {
    __u32 zero = 0;
    if (ctx->args[1] != watched_syscall || !wanted()) return 0;
    count(bpf_get_attach_cookie(ctx));
    struct event* e = bpf_map_lookup_elem(&scratch, &zero);
    if (!e) return 0;
    e->output = 0;
    e->function = 0;
    e->flags = 0;
    e->time_ns = bpf_ktime_get_boot_ns();
    e->sequence = next_number();
    __u64 size = 24 + (payload_words & 63) * 8;
    if (avocet_transport) {
        if (bpf_perf_event_output(ctx, &avocet_events, BPF_F_CURRENT_CPU, e, size)) lose();
    } else if (bpf_ringbuf_output(&avocet_events, e, size, BPF_RB_NO_WAKEUP)) {
        lose();
    }
    return 0;
}

SEC("raw_tp")
int on_switch_raw(void* ctx) {
    (void)ctx;
    count(1000);
    return 0;
}

SEC("tp_btf")
int on_typed(void* ctx) {
    if (wanted()) count(bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("tracepoint")
int on_tracepoint(void* ctx) {
    if (wanted()) count(bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("uprobe")
int on_uprobe(struct pt_regs* ctx) {
    count(bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("perf_event")
int on_sample(void* ctx) {
    count(bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("iter")
int on_task(void* ctx) {
    (void)ctx;
    count(2000);
    return 0;
}

// Runs in the session's process: writes one control sample and returns a value.
SEC("raw_tp")
int on_run(void* ctx) {
    (void)ctx;
    __u64* sample = bpf_ringbuf_reserve(&avocet_control, sizeof *sample, 0);
    if (!sample) return -1;
    *sample = 4711;
    bpf_ringbuf_submit(sample, BPF_RB_NO_WAKEUP);
    return 42;
}

static long add_number(__u64 i, void* unused) {
    (void)unused;
    __u32 value = i * 3;
    __u64 key = i;
    bpf_map_update_elem(&numbers, &key, &value, BPF_ANY);
    return 0;
}

const volatile __u32 number_count = 65000;
SEC("raw_tp")
int fill_numbers(void* ctx) {
    (void)ctx;
    bpf_loop(number_count, add_number, 0, 0);
    return 0;
}

SEC("raw_tp")
int on_tick(struct bpf_raw_tracepoint_args* ctx) {
    count(ctx->args[0]);
    return 0;
}

SEC("raw_tp")
int write_foreign(void* ctx) {
    (void)ctx;
    __u32 one = 1, two = 2;
    bpf_ringbuf_output(&second_foreign, &two, sizeof two, 0);
    bpf_ringbuf_output(&first_foreign, &one, sizeof one, 0);
    return 0;
}
