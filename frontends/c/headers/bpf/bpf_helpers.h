/* SPDX-License-Identifier: Apache-2.0
 *
 * What C programs for BPF expect of <bpf/bpf_helpers.h>: the kernel's helpers, map definitions, sections, loops and
 * printing. Types come from "vmlinux.h" or <linux/bpf.h>, which stands before this one.
 */
#ifndef AVOCET_BPF_HELPERS_H
#define AVOCET_BPF_HELPERS_H
#define __BPF_HELPERS__
#include "bpf_helper_defs.h"

/* Counting and gluing words of macros. */
#define AV_NTH(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, N, ...) N
#define AV_NARGS(...) AV_NTH(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define AV_GLUE_(a, b) a##b
#define AV_GLUE(a, b) AV_GLUE_(a, b)
#define AV_UNIQUE(name) AV_GLUE(name, __COUNTER__)

/* Members of a map's definition: a number is the length of an array that a pointer points to. */
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val)* name
#define __array(name, val) typeof(val)* name[]
#define __ulong(name, val) enum { AV_UNIQUE(av_value_of_##name##_) = val } name

/* Macro texts of places stay out of section names. */
#define SEC(name)                                                                                         \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wignored-attributes\"")             \
        __attribute__((section(name), used)) _Pragma("GCC diagnostic pop")

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#define __hidden __attribute__((visibility("hidden")))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute((btf_decl_tag("arg:arena")))

#ifndef NULL
#define NULL ((void*)0)
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

/* Forms that keep the member's relocation. */
#undef offsetof
#define offsetof(type, member) ((unsigned long)&((type*)0)->member)
#undef container_of
#define container_of(ptr, type, member) ((type*)((char*)(ptr)-offsetof(type, member)))

#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

enum libbpf_pin_type { LIBBPF_PIN_NONE, LIBBPF_PIN_BY_NAME };
enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };

#define bpf_ksym_exists(sym)                                                                              \
    ({                                                                                                    \
        _Static_assert(!__builtin_constant_p(!!sym), #sym " must be declared __weak");                    \
        !!sym;                                                                                            \
    })

/* Helper 12 with a constant slot, which the JIT turns into a jump. */
static __always_inline void bpf_tail_call_static(void* ctx, const void* map, const __u32 slot) {
    if (!__builtin_constant_p(slot)) __bpf_unreachable();
    asm volatile("r1 = %[context]\n\tr2 = %[programs]\n\tr3 = %[index]\n\tcall 12"
                 :
                 : [context] "r"(ctx), [programs] "r"(map), [index] "i"(slot)
                 : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
}

/* Arguments of a format as an array of 64 bits each. */
#define AV_FILL0(to)
#define AV_FILL1(to, a) to[0] = (unsigned long long)(a);
#define AV_FILL_NEXT(to, i, a) to[i] = (unsigned long long)(a);
#define AV_FILL2(to, a, b) AV_FILL1(to, a) AV_FILL_NEXT(to, 1, b)
#define AV_FILL3(to, a, b, c) AV_FILL2(to, a, b) AV_FILL_NEXT(to, 2, c)
#define AV_FILL4(to, a, b, c, d) AV_FILL3(to, a, b, c) AV_FILL_NEXT(to, 3, d)
#define AV_FILL5(to, a, b, c, d, e) AV_FILL4(to, a, b, c, d) AV_FILL_NEXT(to, 4, e)
#define AV_FILL6(to, a, b, c, d, e, f) AV_FILL5(to, a, b, c, d, e) AV_FILL_NEXT(to, 5, f)
#define AV_FILL7(to, a, b, c, d, e, f, g) AV_FILL6(to, a, b, c, d, e, f) AV_FILL_NEXT(to, 6, g)
#define AV_FILL8(to, a, b, c, d, e, f, g, h) AV_FILL7(to, a, b, c, d, e, f, g) AV_FILL_NEXT(to, 7, h)
#define AV_FILL9(to, a, b, c, d, e, f, g, h, i) AV_FILL8(to, a, b, c, d, e, f, g, h) AV_FILL_NEXT(to, 8, i)
#define AV_FILL10(to, a, b, c, d, e, f, g, h, i, j) AV_FILL9(to, a, b, c, d, e, f, g, h, i) AV_FILL_NEXT(to, 9, j)
#define AV_FILL11(to, a, b, c, d, e, f, g, h, i, j, k) \
    AV_FILL10(to, a, b, c, d, e, f, g, h, i, j) AV_FILL_NEXT(to, 10, k)
#define AV_FILL12(to, a, b, c, d, e, f, g, h, i, j, k, l) \
    AV_FILL11(to, a, b, c, d, e, f, g, h, i, j, k) AV_FILL_NEXT(to, 11, l)
#define AV_QUIET_BEGIN _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")
#define AV_QUIET_END _Pragma("GCC diagnostic pop")
#define AV_WITH_ARGUMENTS(fmt, call, args...)                                                             \
    ({                                                                                                    \
        static const char av_format[] = fmt;                                                              \
        unsigned long long av_args[AV_NARGS(args) ? AV_NARGS(args) : 1];                                  \
        AV_QUIET_BEGIN AV_GLUE(AV_FILL, AV_NARGS(args))(av_args, ##args) AV_QUIET_END                     \
        call;                                                                                             \
    })
#define AV_ARGS_SIZE(args...) (AV_NARGS(args) * 8)
#define BPF_SEQ_PRINTF(seq, fmt, args...)                                                                 \
    AV_WITH_ARGUMENTS(fmt, bpf_seq_printf(seq, av_format, sizeof(av_format), av_args, AV_ARGS_SIZE(args)), ##args)
#define BPF_SNPRINTF(out, out_size, fmt, args...)                                                         \
    AV_WITH_ARGUMENTS(fmt, bpf_snprintf(out, out_size, av_format, av_args, AV_ARGS_SIZE(args)), ##args)

#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif
/* Helper 6 takes three values, helper 177 any number. */
#define AV_PRINT_FEW(fmt, args...)                                                                        \
    ({                                                                                                    \
        BPF_PRINTK_FMT_MOD char av_format[] = fmt;                                                        \
        bpf_trace_printk(av_format, sizeof(av_format), ##args);                                           \
    })
#define AV_PRINT_MANY(fmt, args...)                                                                       \
    AV_WITH_ARGUMENTS(fmt, bpf_trace_vprintk(av_format, sizeof(av_format), av_args, AV_ARGS_SIZE(args)), ##args)
#define AV_PRINT_BY(fmt, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, N, ...) N
#define bpf_printk(args...)                                                                               \
    AV_PRINT_BY(args, AV_PRINT_MANY, AV_PRINT_MANY, AV_PRINT_MANY, AV_PRINT_MANY, AV_PRINT_MANY,          \
                AV_PRINT_MANY, AV_PRINT_MANY, AV_PRINT_MANY, AV_PRINT_MANY, AV_PRINT_FEW, AV_PRINT_FEW,   \
                AV_PRINT_FEW, AV_PRINT_FEW)(args)
#define bpf_stream_printk(stream_id, fmt, args...)                                                        \
    AV_WITH_ARGUMENTS(fmt, bpf_stream_vprintk(stream_id, av_format, av_args, AV_ARGS_SIZE(args)), ##args)

/* Loops by the kernel's iterators (Linux 6.4), which the verifier follows once instead of round by round. */
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __weak __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* it) __weak __ksym;

#ifndef bpf_for_each
/* The iterator is destroyed on every way out; naming its destructor puts it into the object's types. */
#define bpf_for_each(type, cur, args...)                                                                  \
    for (struct bpf_iter_##type av_it __attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))),    \
         *av_made __attribute__((unused)) =                                                               \
             (bpf_iter_##type##_new(&av_it, ##args), (void)bpf_iter_##type##_destroy, (void*)0);          \
         (((cur) = bpf_iter_##type##_next(&av_it)));)
#endif
#ifndef bpf_for
#define bpf_for(i, start, end)                                                                            \
    for (struct bpf_iter_num av_it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),            \
         *av_made __attribute__((unused)) =                                                               \
             (bpf_iter_num_new(&av_it, (start), (end)), (void)bpf_iter_num_destroy, (void*)0);            \
         ({                                                                                               \
             int* av_now = bpf_iter_num_next(&av_it);                                                     \
             (av_now && ((i) = *av_now, (i) >= (start) && (i) < (end)));                                  \
         });)
#endif
#ifndef bpf_repeat
#define bpf_repeat(N)                                                                                     \
    for (struct bpf_iter_num av_it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),            \
         *av_made __attribute__((unused)) =                                                               \
             (bpf_iter_num_new(&av_it, 0, (N)), (void)bpf_iter_num_destroy, (void*)0);                    \
         bpf_iter_num_next(&av_it);)
#endif
#endif
