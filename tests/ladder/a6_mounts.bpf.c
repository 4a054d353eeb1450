// SPDX-License-Identifier: Apache-2.0
//
// What is mounted: twelve programs over static functions, a union in the event, bits by the names of an enum.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum op { MOUNT, UMOUNT, FSOPEN, FSCONFIG, FSMOUNT, MOVE_MOUNT };
enum mount_flag { RDONLY = 1, NOSUID = 2, NODEV = 4, NOEXEC = 8 };

union args {
    struct {
        u64 flags __attribute__((btf_decl_tag("avocet:flags=mount_flag")));
        char fs[16], src[64], dest[64], data[64];
    } mount;
    struct {
        u64 flags;
        char dest[64];
    } umount;
    struct {
        u32 number[6];
        char name[64];
    } other;
};

struct arg {
    u64 ts;
    u64 values[5];
    enum op op;
};

struct event {
    u64 delta;
    pid_t pid, tid;
    int ret;
    char comm[16];
    enum op op;
    union args args;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, u32);
    __type(value, struct arg);
} args SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 4096);
} events SEC(".maps");

static int enter(struct trace_event_raw_sys_enter* ctx, enum op op) {
    const u32 tid = bpf_get_current_pid_tgid();
    struct arg arg = {.ts = bpf_ktime_get_ns(), .op = op};

    arg.values[0] = ctx->args[0];
    arg.values[1] = ctx->args[1];
    arg.values[2] = ctx->args[2];
    arg.values[3] = ctx->args[3];
    arg.values[4] = ctx->args[4];
    bpf_map_update_elem(&args, &tid, &arg, BPF_ANY);
    return 0;
}

static void fill_mount(struct event* event, const struct arg* arg) {
    event->args.mount.flags = arg->values[3];
    bpf_probe_read_user_str(event->args.mount.src, sizeof(event->args.mount.src), (void*)arg->values[0]);
    bpf_probe_read_user_str(event->args.mount.dest, sizeof(event->args.mount.dest), (void*)arg->values[1]);
    bpf_probe_read_user_str(event->args.mount.fs, sizeof(event->args.mount.fs), (void*)arg->values[2]);
    bpf_probe_read_user_str(event->args.mount.data, sizeof(event->args.mount.data), (void*)arg->values[4]);
}

static int leave(struct trace_event_raw_sys_exit* ctx) {
    const u32 tid = bpf_get_current_pid_tgid();
    struct arg* arg = bpf_map_lookup_elem(&args, &tid);
    struct event* event;

    if (!arg) return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) goto done;
    __builtin_memset(event, 0, sizeof(*event));
    event->delta = bpf_ktime_get_ns() - arg->ts;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->tid = tid;
    event->ret = ctx->ret;
    event->op = arg->op;
    bpf_get_current_comm(&event->comm, sizeof(event->comm));
    if (arg->op == MOUNT) {
        fill_mount(event, arg);
    } else if (arg->op == UMOUNT) {
        event->args.umount.flags = arg->values[1];
        bpf_probe_read_user_str(event->args.umount.dest, sizeof(event->args.umount.dest), (void*)arg->values[0]);
    } else {
        event->args.other.number[0] = arg->values[0];
        bpf_probe_read_user_str(event->args.other.name, sizeof(event->args.other.name), (void*)arg->values[2]);
    }
    bpf_ringbuf_submit(event, 0);
done:
    bpf_map_delete_elem(&args, &tid);
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_mount")
int enter_mount(struct trace_event_raw_sys_enter* ctx) { return enter(ctx, MOUNT); }

SEC("tracepoint/syscalls/sys_exit_mount")
int leave_mount(struct trace_event_raw_sys_exit* ctx) { return leave(ctx); }

SEC("tracepoint/syscalls/sys_enter_umount")
int enter_umount(struct trace_event_raw_sys_enter* ctx) { return enter(ctx, UMOUNT); }

SEC("tracepoint/syscalls/sys_exit_umount")
int leave_umount(struct trace_event_raw_sys_exit* ctx) { return leave(ctx); }

SEC("tracepoint/syscalls/sys_enter_fsopen")
int enter_fsopen(struct trace_event_raw_sys_enter* ctx) { return enter(ctx, FSOPEN); }

SEC("tracepoint/syscalls/sys_exit_fsopen")
int leave_fsopen(struct trace_event_raw_sys_exit* ctx) { return leave(ctx); }

SEC("tracepoint/syscalls/sys_enter_fsconfig")
int enter_fsconfig(struct trace_event_raw_sys_enter* ctx) { return enter(ctx, FSCONFIG); }

SEC("tracepoint/syscalls/sys_exit_fsconfig")
int leave_fsconfig(struct trace_event_raw_sys_exit* ctx) { return leave(ctx); }

SEC("tracepoint/syscalls/sys_enter_fsmount")
int enter_fsmount(struct trace_event_raw_sys_enter* ctx) { return enter(ctx, FSMOUNT); }

SEC("tracepoint/syscalls/sys_exit_fsmount")
int leave_fsmount(struct trace_event_raw_sys_exit* ctx) { return leave(ctx); }

SEC("tracepoint/syscalls/sys_enter_move_mount")
int enter_move_mount(struct trace_event_raw_sys_enter* ctx) { return enter(ctx, MOVE_MOUNT); }

SEC("tracepoint/syscalls/sys_exit_move_mount")
int leave_move_mount(struct trace_event_raw_sys_exit* ctx) { return leave(ctx); }

char LICENSE[] SEC("license") = "GPL";
