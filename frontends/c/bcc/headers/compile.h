/* SPDX-License-Identifier: Apache-2.0
 *
 * Last stage of dialect B: maps as libbpf defines them, methods as helper calls. A method call NAME.method(...) has
 * become AV_method(NAME, ...).
 */
#include "avocet/bcc_common.h"
#include <bpf/bpf_tracing.h>

#define AV_LEAF(N) typeof(((struct N##_table_t*)0)->leaf)
#define AV_KEY(N) typeof(((struct N##_table_t*)0)->key)
#define AV_TYPES(K, L, N, kind) \
    struct N##_table_t {        \
        K key;                  \
        L leaf;                 \
    };                          \
    enum { N##_avocet_kind = kind }

#define AV_MAP(kind, K, L, N, size, flags) AV_MAP_TAGGED(kind, K, L, N, size, flags, )
#define AV_MAP_TAGGED(kind, K, L, N, size, flags, tag) \
    AV_TYPES(K, L, N, kind);               \
    struct {                               \
        __uint(type, kind);                \
        __type(key, K);                    \
        __type(value, L);                  \
        __uint(max_entries, size);         \
        __uint(map_flags, flags);          \
    } N SEC(".maps") tag
#define AV_MAP_HIST(kind, K, L, N, size, tag) \
    AV_MAP_TAGGED(kind, K, L, N, size, 0, __attribute__((btf_decl_tag(tag))))
/* How often a ring was full, which the session reads (sdk/docs/program.md). */
#define AV_LOST(N)                                \
    struct {                                      \
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);  \
        __uint(max_entries, 1);                   \
        __type(key, u32);                         \
        __type(value, u64);                       \
    } avocet_lost_##N SEC(".maps")
#define AV_COUNT_LOST(N)                                                   \
    ({                                                                     \
        u32 av_slot = 0;                                                   \
        u64* av_count = bpf_map_lookup_elem(&avocet_lost_##N, &av_slot);   \
        if (av_count) ++*av_count;                                         \
    })
#define AV_PERF(N, size)                           \
    AV_TYPES(int, u32, N, BPF_MAP_TYPE_PERF_EVENT_ARRAY); \
    struct {                                       \
        __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); \
        __uint(key_size, 4);                       \
        __uint(value_size, 4);                     \
    } N SEC(".maps")
#define AV_RING(N, pages)                    \
    AV_TYPES(int, int, N, BPF_MAP_TYPE_RINGBUF); \
    struct {                                 \
        __uint(type, BPF_MAP_TYPE_RINGBUF);  \
        __uint(max_entries, (pages) * 4096); \
    } N SEC(".maps");                        \
    AV_LOST(N)
#define AV_STACKS(N, size)                                          \
    AV_TYPES(int, struct bpf_stacktrace, N, BPF_MAP_TYPE_STACK_TRACE); \
    struct {                                                        \
        __uint(type, BPF_MAP_TYPE_STACK_TRACE);                     \
        __uint(key_size, 4);                                        \
        __uint(value_size, 127 * 8);                                \
        __uint(max_entries, size);                                  \
    } N SEC(".maps")
#define AV_INDEXED_WORDS(kind, N, size) \
    AV_TYPES(int, u32, N, kind);        \
    struct {                            \
        __uint(type, kind);             \
        __uint(key_size, 4);            \
        __uint(value_size, 4);          \
        __uint(max_entries, size);      \
    } N SEC(".maps")
#define AV_QUEUE(kind, L, N, size, flags) \
    AV_TYPES(int, L, N, kind);            \
    struct {                              \
        __uint(type, kind);               \
        __type(value, L);                 \
        __uint(max_entries, size);        \
        __uint(map_flags, flags);         \
    } N SEC(".maps")

#define AV_lookup(N, k) ((AV_LEAF(N)*)bpf_map_lookup_elem(&N, (const void*)(k)))
#define AV_update(N, k, v) ((int)bpf_map_update_elem(&N, (const void*)(k), (const void*)(v), BPF_ANY))
#define AV_insert(N, k, v) ((int)bpf_map_update_elem(&N, (const void*)(k), (const void*)(v), BPF_NOEXIST))
#define AV_delete(N, k) ((int)bpf_map_delete_elem(&N, (const void*)(k)))
#define AV_lookup_or_try_init(N, k, v)                                             \
    ({                                                                             \
        const void* av_key = (k);                                                  \
        AV_LEAF(N)* av_leaf = bpf_map_lookup_elem(&N, av_key);                     \
        if (!av_leaf) {                                                            \
            bpf_map_update_elem(&N, av_key, (const void*)(v), BPF_NOEXIST);        \
            av_leaf = bpf_map_lookup_elem(&N, av_key);                             \
        }                                                                          \
        av_leaf;                                                                   \
    })
/* Leaves the enclosing function when there is no room: that is what this method means. */
#define AV_lookup_or_init(N, k, v)                                \
    ({                                                            \
        AV_LEAF(N)* av_found = AV_lookup_or_try_init(N, k, v);    \
        if (!av_found) return 0;                                  \
        av_found;                                                 \
    })
#define AV_ADD1(N, add, k) AV_ADD2(N, add, k, 1)
#define AV_ADD2(N, add, k, n)                                                    \
    ({                                                                           \
        AV_KEY(N) av_key = k;                                                    \
        AV_LEAF(N)* av_leaf = bpf_map_lookup_elem(&N, &av_key);                  \
        if (av_leaf) {                                                           \
            add(av_leaf, n);                                                     \
        } else if (N##_avocet_kind == BPF_MAP_TYPE_HASH) {                       \
            AV_LEAF(N) av_first = n;                                             \
            bpf_map_update_elem(&N, &av_key, &av_first, BPF_NOEXIST);            \
        }                                                                        \
    })
#define AV_PLAIN(leaf, n) (*(leaf) += (n))
#define AV_ATOMIC(leaf, n) __sync_fetch_and_add(leaf, n)
#define AV_COUNT(_1, _2, NAME, ...) NAME
#define AV_increment(N, ...) AV_COUNT(__VA_ARGS__, AV_ADD2, AV_ADD1, )(N, AV_PLAIN, __VA_ARGS__)
#define AV_atomic_increment(N, ...) AV_COUNT(__VA_ARGS__, AV_ADD2, AV_ADD1, )(N, AV_ATOMIC, __VA_ARGS__)
#define AV_perf_submit(N, ctx, data, size) \
    ((int)bpf_perf_event_output((void*)(ctx), &N, BPF_F_CURRENT_CPU, data, size))
#define AV_ringbuf_output(N, data, size, flags)                        \
    ({                                                                 \
        int av_error = (int)bpf_ringbuf_output(&N, data, size, flags); \
        if (av_error) AV_COUNT_LOST(N);                                \
        av_error;                                                      \
    })
#define AV_ringbuf_reserve(N, size)                        \
    ({                                                     \
        void* av_place = bpf_ringbuf_reserve(&N, size, 0); \
        if (!av_place) AV_COUNT_LOST(N);                   \
        av_place;                                          \
    })
#define AV_ringbuf_submit(N, data, flags) bpf_ringbuf_submit(data, (flags) & 3)
#define AV_ringbuf_discard(N, data, flags) bpf_ringbuf_discard(data, (flags) & 3)
#define AV_ringbuf_query(N, flags) bpf_ringbuf_query(&N, flags)
#define AV_get_stackid(N, ctx, flags) ((int)bpf_get_stackid((void*)(ctx), &N, flags))
#define AV_perf_read(N, cpu) bpf_perf_event_read(&N, cpu)
#define AV_perf_counter_value(N, cpu, to, size) ((int)bpf_perf_event_read_value(&N, cpu, to, size))
#define AV_check_current_task(N, i) ((int)bpf_current_task_under_cgroup(&N, i))
#define AV_call(N, ctx, i) bpf_tail_call((void*)(ctx), &N, i)
#define AV_push(N, v, flags) ((int)bpf_map_push_elem(&N, v, flags))
#define AV_pop(N, v) ((int)bpf_map_pop_elem(&N, v))
#define AV_peek(N, v) ((int)bpf_map_peek_elem(&N, v))

/* Reads of memory outside the program: zero when it cannot be read, which `avocet_unreadable` counts (sdk/docs/program.md). */
#define AV_COUNT_UNREADABLE() __sync_fetch_and_add(&avocet_unreadable, 1)
#define AV_READ(T, address)                                        \
    ({                                                             \
        typeof(T) av_value;                                                \
        __builtin_memset(&av_value, 0, sizeof(av_value));          \
        if (bpf_probe_read(&av_value, sizeof(av_value), (const void*)(address))) AV_COUNT_UNREADABLE(); \
        av_value;                                                  \
    })
/* A bit-field: `bytes` from `offset`, of which `width` bits from `shift` on. */
#define AV_READ_BITS(T, base, offset, bytes, shift, width)                                        \
    ({                                                                                            \
        u64 av_bits = 0;                                                                          \
        if (bpf_probe_read(&av_bits, bytes, (const char*)(base) + (offset))) AV_COUNT_UNREADABLE(); \
        (T)((T)-1 < 0 ? (s64)(av_bits << (64 - (shift) - (width))) >> (64 - (width))              \
                      : (s64)((av_bits << (64 - (shift) - (width))) >> (64 - (width))));          \
    })

