// SPDX-License-Identifier: Apache-2.0
//
// Names of hosts that programs look up: sections that name no function; the sidecar knows the library and its
// functions.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile pid_t target_pid = 0;

struct event {
    u64 time;
    u32 pid;
    char comm[16];
    char host[80];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, u32);
    __type(value, struct event);
} starts SEC(".maps") __attribute__((btf_decl_tag("avocet:hide")));

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} events SEC(".maps");

static int note_entry(const char* host) {
    const u64 both = bpf_get_current_pid_tgid();
    const u32 pid = both >> 32, tid = both;
    struct event event = {};

    if (!host || (target_pid && target_pid != (pid_t)pid)) return 0;
    event.time = bpf_ktime_get_ns();
    event.pid = pid;
    bpf_get_current_comm(&event.comm, sizeof(event.comm));
    bpf_probe_read_user_str(&event.host, sizeof(event.host), host);
    return bpf_map_update_elem(&starts, &tid, &event, BPF_ANY);
}

static int note_return(void* ctx) {
    const u32 tid = bpf_get_current_pid_tgid();
    struct event* event = bpf_map_lookup_elem(&starts, &tid);

    if (!event) return 0;
    event->time = bpf_ktime_get_ns() - event->time;
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, sizeof(*event));
    return bpf_map_delete_elem(&starts, &tid);
}

SEC("uprobe")
int BPF_UPROBE(entered, const char* host) { return note_entry(host); }

SEC("uretprobe")
int BPF_URETPROBE(returned) { return note_return(ctx); }

char LICENSE[] SEC("license") = "GPL";
