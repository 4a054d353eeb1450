// SPDX-License-Identifier: Apache-2.0
// A ring buffer of its own, as any libbpf program has one: read through the pin.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct call {
    unsigned int pid;
    char comm[16];
};
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
} calls SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_getppid(void* ctx) {
    struct call call = {.pid = bpf_get_current_pid_tgid() >> 32};
    bpf_get_current_comm(call.comm, sizeof call.comm);
    if (call.comm[0] == 'a' && call.comm[1] == 'v' && call.comm[2] == 'w') bpf_ringbuf_output(&calls, &call, sizeof call, 0);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
