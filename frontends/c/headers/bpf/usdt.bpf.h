/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of static probes. Where each lies is looked up at run time, by the attach cookie, in avocet_locations
 * (sdk/docs/program.md), which the session fills: one program serves every binary and every process.
 */
#ifndef AVOCET_USDT_BPF_H
#define AVOCET_USDT_BPF_H
#include "bpf_helpers.h"
#include "bpf_tracing.h"

enum { AV_USDT_ARGUMENTS = 12, AV_USDT_CONSTANT = 1, AV_USDT_REGISTER = 2, AV_USDT_MEMORY = 3, AV_USDT_NONE = 0xFFFF };
struct avocet_arg_location {
    __u8 kind, size, is_signed, shift;
    __u16 base, index;
    __s64 offset;
};
struct avocet_locations_of_target {
    struct avocet_arg_location location[AV_USDT_ARGUMENTS];
};
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct avocet_locations_of_target);
} avocet_locations SEC(".maps");

static __always_inline struct avocet_locations_of_target* avocet_usdt_target(struct pt_regs* ctx) {
    __u32 id = bpf_get_attach_cookie(ctx);
    return bpf_map_lookup_elem(&avocet_locations, &id);
}

/* How many arguments the probe has here; negative: it is not known. */
static __noinline int bpf_usdt_arg_cnt(struct pt_regs* ctx) {
    struct avocet_locations_of_target* target = avocet_usdt_target(ctx);
    int count = 0;
    if (!target) return -3;
#pragma unroll
    for (int i = 0; i < AV_USDT_ARGUMENTS; i++)
        if (target->location[i].kind) count = i + 1;
    return count;
}

/* Its bytes, or a negative error. */
static __noinline int bpf_usdt_arg_size(struct pt_regs* ctx, __u64 number) {
    struct avocet_locations_of_target* target = avocet_usdt_target(ctx);
    if (!target) return -3;
    if (number >= AV_USDT_ARGUMENTS) return -2;
    return target->location[number].kind ? target->location[number].size : -2;
}

/* 0 and the value, or a negative error and 0. */
static __noinline int bpf_usdt_arg(struct pt_regs* ctx, __u64 number, long* value) {
    struct avocet_locations_of_target* target = avocet_usdt_target(ctx);
    struct avocet_arg_location* at;
    __u64 word = 0, index = 0;
    __u32 unused;
    int error = 0;
    if (!value) return -22;
    *value = 0;
    if (!target) return -3;
    if (number >= AV_USDT_ARGUMENTS) return -2;
    at = &target->location[number];
    if (!at->kind || !at->size) return -2;
    if (at->kind != AV_USDT_CONSTANT && at->base != AV_USDT_NONE)
        bpf_probe_read_kernel(&word, sizeof(word), (const char*)ctx + at->base);
    if (at->kind == AV_USDT_CONSTANT) word = at->offset;
    if (at->kind == AV_USDT_REGISTER) word = (word >> (at->shift & 63)) + at->offset;
    if (at->kind == AV_USDT_MEMORY) {
        if (at->index != AV_USDT_NONE) bpf_probe_read_kernel(&index, sizeof(index), (const char*)ctx + at->index);
        word += (index << (at->shift & 63)) + at->offset;
        error = bpf_probe_read_user(&word, sizeof(word), (const void*)word);
        if (error) return error;
    }
    unused = (64 - at->size * 8) & 63;
    word <<= unused;
    *value = at->is_signed ? (long)((__s64)word >> unused) : (long)(word >> unused);
    return 0;
}

static __always_inline long bpf_usdt_cookie(struct pt_regs* ctx) { return bpf_get_attach_cookie(ctx); }

#define AV_USDT_VALUE(n)                          \
    ({                                            \
        long av_argument = 0;                     \
        bpf_usdt_arg(ctx, n, &av_argument);       \
        (void*)av_argument;                       \
    })
#define AV_USDT0 ctx
#define AV_USDT1 AV_USDT0, AV_USDT_VALUE(0)
#define AV_USDT2 AV_USDT1, AV_USDT_VALUE(1)
#define AV_USDT3 AV_USDT2, AV_USDT_VALUE(2)
#define AV_USDT4 AV_USDT3, AV_USDT_VALUE(3)
#define AV_USDT5 AV_USDT4, AV_USDT_VALUE(4)
#define AV_USDT6 AV_USDT5, AV_USDT_VALUE(5)
#define AV_USDT7 AV_USDT6, AV_USDT_VALUE(6)
#define AV_USDT8 AV_USDT7, AV_USDT_VALUE(7)
#define AV_USDT9 AV_USDT8, AV_USDT_VALUE(8)
#define AV_USDT10 AV_USDT9, AV_USDT_VALUE(9)
#define AV_USDT11 AV_USDT10, AV_USDT_VALUE(10)
#define AV_USDT12 AV_USDT11, AV_USDT_VALUE(11)
#define BPF_USDT(name, args...) AV_PROGRAM(name, struct pt_regs*, AV_LIST(AV_USDT, AV_NARGS(args)), ##args)
#endif
