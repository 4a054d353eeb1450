/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of USDT probes: where each lies is in avocet_locations, by the attach cookie (sdk/docs/program.md), so one
 * object serves every binary and every process.
 */
struct avocet_arg_location {
    u8 kind, size, is_signed, shift;
    u16 base, index;
    s64 offset;
};
struct avocet_locations_of_target {
    struct avocet_arg_location location[12];
};
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct avocet_locations_of_target);
} avocet_locations SEC(".maps");

static __noinline s64 avocet_usdt_value(struct pt_regs* ctx, u32 number, int* size) {
    u32 id = bpf_get_attach_cookie(ctx);
    struct avocet_locations_of_target* target = bpf_map_lookup_elem(&avocet_locations, &id);
    struct avocet_arg_location* at;
    u64 value = 0, index = 0;
    u32 unused;
    if (!target || number >= 12) return 0;
    at = &target->location[number];
    if (!at->kind || !at->size) return 0;
    if (at->kind > 1 && at->base != 0xFFFF)
        bpf_probe_read_kernel(&value, sizeof(value), (const char*)ctx + at->base);
    if (at->kind == 2) value = (value >> (at->shift & 63)) + at->offset;
    if (at->kind == 1) value = at->offset;
    if (at->kind == 3) {
        if (at->index != 0xFFFF) bpf_probe_read_kernel(&index, sizeof(index), (const char*)ctx + at->index);
        value += (index << (at->shift & 63)) + at->offset;
        if (bpf_probe_read_user(&value, sizeof(value), (const void*)value)) return 0;
    }
    *size = at->size;
    unused = (64 - at->size * 8) & 63;
    value <<= unused;
    return at->is_signed ? (s64)value >> unused : (s64)(value >> unused);
}

#define AV_USDT_VALUE(ctx, n)                                     \
    ({                                                            \
        int av_size = 0;                                          \
        avocet_usdt_value((struct pt_regs*)(ctx), n, &av_size);   \
    })
/* -1 and nothing stored: there is no such argument here, or it has another size. */
#define AV_USDT_ARG(n, ctx, to)                                                        \
    ({                                                                                 \
        int av_size = 0;                                                               \
        s64 av_argument = avocet_usdt_value((struct pt_regs*)(ctx), n, &av_size);      \
        if (av_size && av_size <= (int)sizeof(*(to))) *(to) = (typeof(*(to)))av_argument; \
        av_size && av_size <= (int)sizeof(*(to)) ? 0 : -1;                             \
    })
#define AV_USDT_TEXT(n, ctx, to, length) \
    ((int)bpf_probe_read_user(to, length, (const void*)AV_USDT_VALUE(ctx, n)))
