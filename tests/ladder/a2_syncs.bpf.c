// SPDX-License-Identifier: Apache-2.0
//
// Eight system calls that write to disk, two of them of other architectures: their tracepoints are not there, and are
// left out with a warning.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum sys_operation {
    CALL_SYNC,
    CALL_FSYNC,
    CALL_FDATASYNC,
    CALL_MSYNC,
    CALL_SYNC_FILE_RANGE,
    CALL_SYNC_FILE_RANGE2,
    CALL_ARM_SYNC_FILE_RANGE,
    CALL_SYNCFS
};

struct event {
    char comm[16];
    u64 ts_us;
    enum sys_operation sys;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} events SEC(".maps");

static __always_inline void note(void* ctx, enum sys_operation which) {
    struct event event = {.ts_us = bpf_ktime_get_ns() / 1000, .sys = which};

    bpf_get_current_comm(event.comm, sizeof(event.comm));
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
}

SEC("tracepoint/syscalls/sys_enter_sync")
void enter_sync(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_SYNC); }

SEC("tracepoint/syscalls/sys_enter_fsync")
void enter_fsync(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_FSYNC); }

SEC("tracepoint/syscalls/sys_enter_fdatasync")
void enter_fdatasync(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_FDATASYNC); }

SEC("tracepoint/syscalls/sys_enter_msync")
void enter_msync(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_MSYNC); }

SEC("tracepoint/syscalls/sys_enter_sync_file_range")
void enter_sync_file_range(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_SYNC_FILE_RANGE); }

SEC("tracepoint/syscalls/sys_enter_sync_file_range2")
void enter_sync_file_range2(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_SYNC_FILE_RANGE2); }

SEC("tracepoint/syscalls/sys_enter_arm_sync_file_range")
void enter_arm_sync_file_range(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_ARM_SYNC_FILE_RANGE); }

SEC("tracepoint/syscalls/sys_enter_syncfs")
void enter_syncfs(struct trace_event_raw_sys_enter* ctx) { note(ctx, CALL_SYNCFS); }

char LICENSE[] SEC("license") = "GPL";
