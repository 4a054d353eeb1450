// SPDX-License-Identifier: Apache-2.0
//
// Programs that are started: an event of several kilobytes that stands in a map, of which as much is sent as is filled;
// its arguments one behind the other.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define MOST_ARGUMENTS 20
#define ARGUMENT_BYTES 128
#define ALL_BYTES (60 * ARGUMENT_BYTES)

const volatile uid_t targ_uid = (uid_t)-1;
const volatile int max_args = 20;

struct event {
    pid_t pid, ppid;
    uid_t uid;
    int retval, args_count;
    unsigned int args_size;
    char comm[16];
    char args[ALL_BYTES];
};

static const struct event empty = {};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, pid_t);
    __type(value, struct event);
} execs SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int begin(struct trace_event_raw_sys_enter* ctx) {
    const u64 both = bpf_get_current_pid_tgid();
    const pid_t tid = (pid_t)both;
    const uid_t uid = (u32)bpf_get_current_uid_gid();
    const char** args = (const char**)ctx->args[1];
    const char* one;
    struct event* event;
    unsigned int i, n;

    if (targ_uid != (uid_t)-1 && targ_uid != uid) return 0;
    if (bpf_map_update_elem(&execs, &tid, &empty, BPF_NOEXIST)) return 0;
    event = bpf_map_lookup_elem(&execs, &tid);
    if (!event) return 0;
    event->pid = both >> 32;
    event->uid = uid;
    event->ppid = BPF_CORE_READ((struct task_struct*)bpf_get_current_task(), real_parent, tgid);
    event->args_count = 0;
    event->args_size = 0;
    for (i = 0; i < MOST_ARGUMENTS && i < (unsigned int)max_args; i++) {
        if (bpf_probe_read_user(&one, sizeof(one), &args[i]) || !one) return 0;
        if (event->args_size > ALL_BYTES - ARGUMENT_BYTES) return 0;
        n = bpf_probe_read_user_str(&event->args[event->args_size], ARGUMENT_BYTES, one);
        if (n > ARGUMENT_BYTES) return 0;
        event->args_count++;
        event->args_size += n;
    }
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int end(struct trace_event_raw_sys_exit* ctx) {
    const pid_t tid = (pid_t)bpf_get_current_pid_tgid();
    struct event* event = bpf_map_lookup_elem(&execs, &tid);
    size_t bytes;

    if (!event) return 0;
    event->retval = ctx->ret;
    bpf_get_current_comm(&event->comm, sizeof(event->comm));
    bytes = __builtin_offsetof(struct event, args) + event->args_size;
    if (bytes <= sizeof(*event)) bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, bytes);
    bpf_map_delete_elem(&execs, &tid);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
