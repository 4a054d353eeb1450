/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads of kernel memory whose offsets are found where the program is loaded (CO-RE). A chain of members costs one read
 * for each pointer on the way: BPF_CORE_READ(task, mm, exe_file, f_inode) is three hops and a value.
 */
#ifndef AVOCET_BPF_CORE_READ_H
#define AVOCET_BPF_CORE_READ_H
#include "bpf_helpers.h"

/* What the loader can be asked (Clang's builtins take these numbers). */
enum bpf_field_info_kind {
    BPF_FIELD_BYTE_OFFSET = 0,
    BPF_FIELD_BYTE_SIZE = 1,
    BPF_FIELD_EXISTS = 2,
    BPF_FIELD_SIGNED = 3,
    BPF_FIELD_LSHIFT_U64 = 4,
    BPF_FIELD_RSHIFT_U64 = 5,
};
enum bpf_type_id_kind { BPF_TYPE_ID_LOCAL = 0, BPF_TYPE_ID_TARGET = 1 };
enum bpf_type_info_kind { BPF_TYPE_EXISTS = 0, BPF_TYPE_SIZE = 1, BPF_TYPE_MATCHES = 2 };
enum bpf_enum_value_kind { BPF_ENUMVAL_EXISTS = 0, BPF_ENUMVAL_VALUE = 1 };

/* Of one expression, or of a type and a member. */
#define AV_FIELD1(field) field
#define AV_FIELD2(type, field) ((typeof(type)*)0)->field
#define AV_FIELD(args...) AV_GLUE(AV_FIELD, AV_NARGS(args))(args)
#define AV_FIELD_INFO(kind, args...) __builtin_preserve_field_info(AV_FIELD(args), kind)
#define bpf_core_field_exists(field...) AV_FIELD_INFO(BPF_FIELD_EXISTS, field)
#define bpf_core_field_size(field...) AV_FIELD_INFO(BPF_FIELD_BYTE_SIZE, field)
#define bpf_core_field_offset(field...) AV_FIELD_INFO(BPF_FIELD_BYTE_OFFSET, field)

#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type)*)0, BPF_TYPE_EXISTS)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type)*)0, BPF_TYPE_MATCHES)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type)*)0, BPF_TYPE_SIZE)
#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type)*)0, BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type)*)0, BPF_TYPE_ID_TARGET)
#define bpf_core_enum_value_exists(type, value) \
    __builtin_preserve_enum_value(*(typeof(type)*)value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(type, value) __builtin_preserve_enum_value(*(typeof(type)*)value, BPF_ENUMVAL_VALUE)

/* Typed pointers that the program may follow itself (Linux 6.2). */
extern void* bpf_rdonly_cast(const void* obj, __u32 btf_id) __ksym __weak;
#define bpf_core_cast(ptr, type) ((typeof(type)*)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

#define bpf_core_read(dst, sz, src) bpf_probe_read_kernel(dst, sz, __builtin_preserve_access_index(src))
#define bpf_core_read_user(dst, sz, src) bpf_probe_read_user(dst, sz, __builtin_preserve_access_index(src))
#define bpf_core_read_str(dst, sz, src) bpf_probe_read_kernel_str(dst, sz, __builtin_preserve_access_index(src))
#define bpf_core_read_user_str(dst, sz, src) bpf_probe_read_user_str(dst, sz, __builtin_preserve_access_index(src))

/* The value of one member, read by `reader`. */
#define AV_HOP(reader, base, member)                             \
    ({                                                           \
        __auto_type av_base = (base);                            \
        typeof(av_base->member) av_member;                       \
        reader((void*)&av_member, sizeof(av_member), &av_base->member); \
        av_member;                                               \
    })
#define AV_CHAIN1(r, p, a) AV_HOP(r, p, a)
#define AV_CHAIN2(r, p, a, ...) AV_CHAIN1(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN3(r, p, a, ...) AV_CHAIN2(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN4(r, p, a, ...) AV_CHAIN3(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN5(r, p, a, ...) AV_CHAIN4(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN6(r, p, a, ...) AV_CHAIN5(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN7(r, p, a, ...) AV_CHAIN6(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN8(r, p, a, ...) AV_CHAIN7(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN9(r, p, a, ...) AV_CHAIN8(r, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_CHAIN(reader, base, args...) AV_GLUE(AV_CHAIN, AV_NARGS(args))(reader, base, args)

/* The last member of a chain goes to `to`, read by `last`; the pointers before it by `r`. */
#define AV_INTO1(r, last, to, p, a)                     \
    ({                                                  \
        __auto_type av_base = (p);                      \
        last(to, sizeof(*(to)), &av_base->a);           \
    })
#define AV_INTO2(r, last, to, p, a, ...) AV_INTO1(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO3(r, last, to, p, a, ...) AV_INTO2(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO4(r, last, to, p, a, ...) AV_INTO3(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO5(r, last, to, p, a, ...) AV_INTO4(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO6(r, last, to, p, a, ...) AV_INTO5(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO7(r, last, to, p, a, ...) AV_INTO6(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO8(r, last, to, p, a, ...) AV_INTO7(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO9(r, last, to, p, a, ...) AV_INTO8(r, last, to, AV_HOP(r, p, a), __VA_ARGS__)
#define AV_INTO(reader, last, to, base, args...) AV_GLUE(AV_INTO, AV_NARGS(args))(reader, last, to, base, args)

#define BPF_CORE_READ(src, a, ...) AV_CHAIN(bpf_core_read, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER(src, a, ...) AV_CHAIN(bpf_core_read_user, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ(src, a, ...) AV_CHAIN(bpf_probe_read_kernel, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER(src, a, ...) AV_CHAIN(bpf_probe_read_user, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_INTO(dst, src, a, ...) AV_INTO(bpf_core_read, bpf_core_read, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_INTO(dst, src, a, ...) \
    AV_INTO(bpf_core_read_user, bpf_core_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_INTO(dst, src, a, ...) \
    AV_INTO(bpf_probe_read_kernel, bpf_probe_read_kernel, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_INTO(dst, src, a, ...) \
    AV_INTO(bpf_probe_read_user, bpf_probe_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(dst, src, a, ...) AV_INTO(bpf_core_read, bpf_core_read_str, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, ...) \
    AV_INTO(bpf_core_read_user, bpf_core_read_user_str, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_STR_INTO(dst, src, a, ...) \
    AV_INTO(bpf_probe_read_kernel, bpf_probe_read_kernel_str, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, ...) \
    AV_INTO(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, a, ##__VA_ARGS__)

/* A bit-field: the bytes around it, shifted to the left end and back. */
#define AV_BITS(s, field, word)                                                                    \
    ({                                                                                             \
        unsigned long long av_bits = (word);                                                       \
        av_bits <<= AV_FIELD_INFO(BPF_FIELD_LSHIFT_U64, (s)->field);                               \
        if (AV_FIELD_INFO(BPF_FIELD_SIGNED, (s)->field))                                           \
            av_bits = ((long long)av_bits) >> AV_FIELD_INFO(BPF_FIELD_RSHIFT_U64, (s)->field);     \
        else                                                                                       \
            av_bits = av_bits >> AV_FIELD_INFO(BPF_FIELD_RSHIFT_U64, (s)->field);                  \
        av_bits;                                                                                   \
    })
#define AV_BITS_AT(s, field) ((const char*)(s) + AV_FIELD_INFO(BPF_FIELD_BYTE_OFFSET, (s)->field))
#define BPF_CORE_READ_BITFIELD_PROBED(s, field)                                                    \
    ({                                                                                             \
        unsigned long long av_word = 0;                                                            \
        bpf_probe_read_kernel(&av_word, AV_FIELD_INFO(BPF_FIELD_BYTE_SIZE, (s)->field),            \
                              AV_BITS_AT(s, field));                                               \
        AV_BITS(s, field, av_word);                                                                \
    })
#define BPF_CORE_READ_BITFIELD(s, field)                                                           \
    ({                                                                                             \
        const void* av_at = AV_BITS_AT(s, field);                                                  \
        unsigned long long av_word = 0;                                                            \
        barrier_var(av_at);                                                                        \
        switch (AV_FIELD_INFO(BPF_FIELD_BYTE_SIZE, (s)->field)) {                                  \
            case 1: av_word = *(const unsigned char*)av_at; break;                                 \
            case 2: av_word = *(const unsigned short*)av_at; break;                                \
            case 4: av_word = *(const unsigned int*)av_at; break;                                  \
            case 8: av_word = *(const unsigned long long*)av_at; break;                            \
        }                                                                                          \
        AV_BITS(s, field, av_word);                                                                \
    })
#define AV_STORE_BITS(type, at, s, field, value)                                                   \
    ({                                                                                             \
        const unsigned av_right = AV_FIELD_INFO(BPF_FIELD_RSHIFT_U64, (s)->field);                 \
        const unsigned av_low = av_right - AV_FIELD_INFO(BPF_FIELD_LSHIFT_U64, (s)->field);        \
        const unsigned long long av_mask = (~0ULL >> av_right) << av_low;                          \
        *(type*)(at) = (type)((*(type*)(at) & ~av_mask) | (((unsigned long long)(value) << av_low) & av_mask)); \
    })
#define BPF_CORE_WRITE_BITFIELD(s, field, value)                                                   \
    ({                                                                                             \
        void* av_at = (void*)AV_BITS_AT(s, field);                                                 \
        barrier_var(av_at);                                                                        \
        switch (AV_FIELD_INFO(BPF_FIELD_BYTE_SIZE, (s)->field)) {                                  \
            case 1: AV_STORE_BITS(unsigned char, av_at, s, field, value); break;                   \
            case 2: AV_STORE_BITS(unsigned short, av_at, s, field, value); break;                  \
            case 4: AV_STORE_BITS(unsigned int, av_at, s, field, value); break;                    \
            case 8: AV_STORE_BITS(unsigned long long, av_at, s, field, value); break;              \
        }                                                                                          \
    })
#endif
