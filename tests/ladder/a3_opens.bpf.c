// SPDX-License-Identifier: Apache-2.0
//
// Opened files: a buffer behind wrapper functions, a ring where the kernel has them; a default that the sidecar says;
// the path of the working directory as text whose parts stand one behind the other.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define MOST_PARTS 4
#define NAME_BYTES 32
#define NOBODY ((uid_t)-1)

const volatile pid_t targ_pid = 0;
const volatile uid_t targ_uid = 0;
const volatile bool targ_failed = false;

struct args {
    const char* fname;
    int flags;
};

struct event {
    u64 ts;
    pid_t pid;
    uid_t uid;
    int ret, flags;
    char comm[16];
    char fname[64];
    char parts[MOST_PARTS * NAME_BYTES];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, u32);
    __type(value, struct args);
} start SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct event);
} heap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
} events SEC(".maps");

static __always_inline void* take_room(u64 bytes) {
    static const u32 zero = 0;

    if (bpf_core_type_exists(struct bpf_ringbuf)) return bpf_ringbuf_reserve(&events, bytes, 0);
    return bpf_map_lookup_elem(&heap, &zero);
}

static __always_inline long hand_over(void* ctx, void* room, u64 bytes) {
    if (bpf_core_type_exists(struct bpf_ringbuf)) {
        bpf_ringbuf_submit(room, 0);
        return 0;
    }
    return bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, room, bytes);
}

static __always_inline int note_enter(const char* name, int flags) {
    const u64 both = bpf_get_current_pid_tgid();
    const u32 tid = both;
    struct args args = {.fname = name, .flags = flags};

    if (targ_pid && targ_pid != (pid_t)(both >> 32)) return 0;
    if (targ_uid != NOBODY && targ_uid != (u32)bpf_get_current_uid_gid()) return 0;
    bpf_map_update_elem(&start, &tid, &args, BPF_ANY);
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_open")
int enter_open(struct trace_event_raw_sys_enter* ctx) {
    return note_enter((const char*)ctx->args[0], (int)ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter* ctx) {
    return note_enter((const char*)ctx->args[1], (int)ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_enter_openat2")
int enter_openat2(struct trace_event_raw_sys_enter* ctx) { return note_enter((const char*)ctx->args[1], 0); }

static __always_inline int note_exit(struct trace_event_raw_sys_exit* ctx) {
    const u32 tid = bpf_get_current_pid_tgid();
    struct args* args = bpf_map_lookup_elem(&start, &tid);
    struct event* event;
    struct dentry* dentry;
    int i;

    if (!args) return 0;
    if (targ_failed && ctx->ret >= 0) goto done;
    event = take_room(sizeof(*event));
    if (!event) goto done;
    event->ts = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->uid = bpf_get_current_uid_gid();
    event->ret = ctx->ret;
    event->flags = args->flags;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_probe_read_user_str(event->fname, sizeof(event->fname), args->fname);
    dentry = BPF_CORE_READ((struct task_struct*)bpf_get_current_task(), fs, pwd.dentry);
#pragma unroll
    for (i = 0; i < MOST_PARTS; i++) {
        bpf_probe_read_kernel_str(event->parts + i * NAME_BYTES, NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
        dentry = BPF_CORE_READ(dentry, d_parent);
    }
    hand_over(ctx, event, sizeof(*event));
done:
    bpf_map_delete_elem(&start, &tid);
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_open")
int exit_open(struct trace_event_raw_sys_exit* ctx) { return note_exit(ctx); }

SEC("tracepoint/syscalls/sys_exit_openat")
int exit_openat(struct trace_event_raw_sys_exit* ctx) { return note_exit(ctx); }

SEC("tracepoint/syscalls/sys_exit_openat2")
int exit_openat2(struct trace_event_raw_sys_exit* ctx) { return note_exit(ctx); }

char LICENSE[] SEC("license") = "GPL";
