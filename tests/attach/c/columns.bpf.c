// SPDX-License-Identifier: Apache-2.0
//
// One event whose members need a column's form, or a tag, to be read by a human.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

enum colour { RED = 1, GREEN = 2, BLUE = 7 };
enum mode { READ_BIT = 1, WRITE_BIT = 2, SYNC_BIT = 8 };

struct event {
    u64 now, function;
    u32 pid, dev, address;
    s32 error;
    u32 colour, mode, signal, user;
    s32 kernel_id, user_id;
    u16 port;
    u8 mac[6];
    u32 tagged_mode __attribute__((btf_decl_tag("avocet:flags=mode")));
    u32 tagged_colour __attribute__((btf_decl_tag("avocet:enum=colour")));
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 64);
    __uint(key_size, 4);
    __uint(value_size, 127 * 8);
} stacks SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, u64);
} calls SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, u32);
    __type(value, u64);
} by_number SEC(".maps");

/* Kept in the object's types, which name the numbers. */
const volatile enum colour any_colour = RED;
const volatile enum mode any_mode = READ_BIT;
const volatile int least = 0;

SEC("uprobe")
int BPF_UPROBE(on_add, int a, int b) {
    u32 zero = 0, number = a;
    u64 one = 1, *n = bpf_map_lookup_elem(&calls, &zero);
    if (n) ++*n;
    if (a < least) return 0;
    bpf_map_update_elem(&by_number, &number, &one, BPF_ANY);
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e) return 0;
    e->now = bpf_ktime_get_ns();
    e->function = PT_REGS_IP(ctx);
    e->pid = bpf_get_current_pid_tgid() >> 32;
    e->dev = (8 << 20) | 17;
    e->address = 0x0100007f;
    e->error = -2;
    e->colour = BLUE;
    e->mode = WRITE_BIT | SYNC_BIT | 32;
    e->signal = 9;
    e->user = 0;
    e->kernel_id = bpf_get_stackid(ctx, &stacks, 0);
    e->user_id = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
    e->port = 0x5000;
    for (int i = 0; i < 6; i++) e->mac[i] = i * 17;
    e->tagged_mode = READ_BIT | WRITE_BIT;
    e->tagged_colour = a == 3 ? GREEN : 5;
    bpf_ringbuf_submit(e, 0);
    return 0;
}
