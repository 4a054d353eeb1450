/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/plan.h: attach plans, the closed list of mechanisms that providers compose and backends implement.
 *
 * A plan is what one probe spec becomes on this machine. Providers emit one plan per target or one for many; the
 * host's planner merges plans of one function that differ only in their targets. Each target carries an attach id,
 * assigned by the host: the number the program sees (as attach cookie, or through a selector table) and from which the
 * name behind the language's `probe` is found again.
 */
#ifndef AVOCET_ABI_PLAN_H
#define AVOCET_ABI_PLAN_H

#include "avocet/abi/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t avocet_plan_kind;
enum {
    AVOCET_PLAN_TRACEPOINT = 1,     /* category, event */
    AVOCET_PLAN_RAW_TRACEPOINT = 2, /* event; targets with `value` = selector when AVOCET_PLAN_SELECTED */
    AVOCET_PLAN_TRACEPOINT_BTF = 3, /* event */
    AVOCET_PLAN_KPROBE = 4,         /* target.name = symbol, or target.value = address; offset */
    AVOCET_PLAN_KPROBE_MULTI = 5,
    AVOCET_PLAN_FUNCTION = 6, /* fentry/fexit: target.name, module, or prog id in target.value */
    AVOCET_PLAN_UPROBE = 7,   /* path; target.value = file offset; pid */
    AVOCET_PLAN_UPROBE_MULTI = 8,
    AVOCET_PLAN_PERF_EVENT = 9,     /* perf_type, perf_config, period or frequency, pid, cpu */
    AVOCET_PLAN_HW_BREAKPOINT = 10, /* address, length, mode */
    AVOCET_PLAN_ITERATOR = 11,      /* event = iterator kind, path = pin or empty */
    AVOCET_PLAN_TIMER = 12,         /* period = ns; runs in the tracing process */
    AVOCET_PLAN_RUNTIME = 13        /* event = "begin", "end", "signal"; period = signal number */
};

enum {
    AVOCET_PLAN_RETURN = 1u << 0,   /* at the function's return */
    AVOCET_PLAN_SESSION = 1u << 1,  /* entry and return in one */
    AVOCET_PLAN_SELECTED = 1u << 2, /* one kernel attach for many targets; the function's selector table maps
                                       target.value (a syscall number) to the attach id */
    AVOCET_PLAN_FREQUENCY = 1u << 3 /* `period` is a frequency in Hz */
};

/* Where a value lies when a user-space probe fires, computed from the pt_regs that the context is. USDT notes and
 * DWARF are converted to this by whoever reads them. */
typedef uint8_t avocet_location_kind;
enum {
    AVOCET_LOCATION_NONE = 0,     /* not available here: reads as 0 */
    AVOCET_LOCATION_CONSTANT = 1, /* `offset` is the value */
    AVOCET_LOCATION_REGISTER = 2, /* register `base`, shifted right by `shift` bits first (%ah: 8), plus `offset` */
    AVOCET_LOCATION_MEMORY = 3    /* user memory at base + (index << shift) + offset */
};
#define AVOCET_NO_REGISTER UINT16_MAX

typedef struct avocet_arg_location {
    avocet_location_kind kind;
    uint8_t size;      /* bytes: 1, 2, 4, 8; what is narrower than 64 bits is extended */
    uint8_t is_signed; /* by its sign */
    uint8_t shift;     /* bits */
    uint16_t base;     /* byte offset of a 64-bit register in struct pt_regs, or AVOCET_NO_REGISTER */
    uint16_t index;    /* the same; AVOCET_LOCATION_MEMORY only */
    int64_t offset;    /* bytes, or the constant */
} avocet_arg_location;

#define AVOCET_MAX_LOCATIONS 12 /* of one target */

typedef struct avocet_plan_target {
    avocet_str name;                      /* the probe's full name as shown to users: "uprobe:/bin/bash:readline" */
    avocet_str symbol;                    /* kernel or ELF symbol, if there is one */
    uint64_t value;                       /* file offset, address, syscall number: see the kind */
    uint64_t semaphore;                   /* uprobe: offset of the USDT counter; session: id at the return */
    uint32_t attach_id;                   /* set by the host; starts at 1 */
    uint32_t location_count;              /* at most AVOCET_MAX_LOCATIONS */
    const avocet_arg_location* locations; /* of the arguments whose place is AVOCET_PLACE_TARGET */
} avocet_plan_target;

typedef struct avocet_plan {
    uint32_t struct_size;
    avocet_plan_kind kind;
    uint32_t flags;
    int32_t pid; /* -1: every process */
    avocet_str category;
    avocet_str event;
    avocet_str path; /* as seen from this process (already through /proc/PID/root if needed) */
    avocet_str module;
    uint64_t offset;    /* bytes into the function */
    uint32_t perf_type; /* PERF_TYPE_* */
    uint32_t length;    /* hw breakpoint: bytes */
    uint64_t perf_config;
    uint64_t period;  /* events, Hz, or ns: see kind and flags */
    int32_t cpu;      /* -1: every CPU */
    uint32_t mode;    /* hw breakpoint: HW_BREAKPOINT_* bits */
    uint32_t cost_ns; /* rough cost of one firing, for --explain; 0: unknown */
    uint32_t target_count;
    const avocet_plan_target* targets; /* at least one */
    avocet_str note;                   /* for --explain: what was chosen and why; may be empty */
} avocet_plan;

#ifdef __cplusplus
}
#endif
#endif
