/* SPDX-License-Identifier: Apache-2.0
 *
 * Second stage of dialect B, for looking at the text only: a map is a variable of a struct whose members are its
 * methods, so that the compiler checks them and the rewriter finds them.
 */
#include "avocet/bcc_common.h"

#define AV_GHOST(kind, K, L, N)                                             \
    struct N##_table_t {                                                    \
        K key;                                                              \
        L leaf;                                                             \
        L* (*lookup)(const void*);                                          \
        L* (*lookup_or_init)(const void*, const void*);                     \
        L* (*lookup_or_try_init)(const void*, const void*);                 \
        int (*update)(const void*, const void*);                            \
        int (*insert)(const void*, const void*);                            \
        int (*delete)(const void*);                                         \
        void (*increment)(K, ...);                                          \
        void (*atomic_increment)(K, ...);                                   \
        int (*perf_submit)(void*, const void*, u32);                        \
        int (*ringbuf_output)(const void*, u64, u64);                       \
        void* (*ringbuf_reserve)(u64);                                      \
        void (*ringbuf_submit)(const void*, u64);                           \
        void (*ringbuf_discard)(const void*, u64);                          \
        u64 (*ringbuf_query)(u64);                                          \
        int (*get_stackid)(const void*, u64);                               \
        u64 (*perf_read)(u32);                                              \
        int (*perf_counter_value)(u32, void*, u32);                         \
        int (*check_current_task)(u32);                                     \
        void (*call)(void*, int);                                           \
        int (*push)(const void*, u64);                                      \
        int (*pop)(void*);                                                  \
        int (*peek)(void*);                                                 \
    };                                                                      \
    __attribute__((annotate("avocet.map:" kind))) struct N##_table_t N

#define AV_MAP(kind, K, L, N, size, flags) AV_GHOST(#kind, K, L, N)
#define AV_MAP_HIST(kind, K, L, N, size, tag) AV_GHOST(#kind, K, L, N)
/* What is left of BPF_TABLE("type", ...) names a type that there is not. */
#define AV_TABLE(type, K, L, N, size, flags) AV_GHOST("table:" type, K, L, N)
#define AV_PERF(N, size) AV_GHOST("BPF_MAP_TYPE_PERF_EVENT_ARRAY", int, u32, N)
#define AV_RING(N, pages) AV_GHOST("BPF_MAP_TYPE_RINGBUF", int, int, N)
#define AV_STACKS(N, size) AV_GHOST("BPF_MAP_TYPE_STACK_TRACE", int, struct bpf_stacktrace, N)
#define AV_INDEXED_WORDS(kind, N, size) AV_GHOST(#kind, int, u32, N)
#define AV_QUEUE(kind, L, N, size, flags) AV_GHOST(#kind, int, L, N)
#define AV_NETWORK(macro, N) AV_GHOST("network:" macro, int, int, N)

static int (*AV_PRINTK)(const char*, ...);
static int (*AV_USDT_ARG)(int, void*, void*);
static int (*AV_USDT_TEXT)(int, void*, void*, u64);
#define BPF_PROG(name, ...) name(unsigned long long* ctx, ##__VA_ARGS__)
