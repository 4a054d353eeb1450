/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/provider.h: a probe provider lists, describes and resolves one family of probe specs.
 *
 * A spec is the text of one attach point, e.g. `tracepoint:sched:sched_*`. The host has already expanded `$1`, mapped
 * the alias in front to the kind (`t` -> `tracepoint`) and split it at `:` outside quotes.
 *
 *   list      every place that matches a pattern               (avocet list)
 *   describe  what a program at these places is given          (frontends, at compile time)
 *   resolve   how to attach, here and now                       (session, at start)
 *
 * All three may be called in any order and repeatedly; a provider may cache for the life of the instance.
 * Everything handed to a callback is the provider's and valid during that call only; a callback that returns
 * AVOCET_STOP ends the enumeration, which then returns AVOCET_OK.
 */
#ifndef AVOCET_ABI_PROVIDER_H
#define AVOCET_ABI_PROVIDER_H

#include "avocet/abi/plan.h"
#include "avocet/abi/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct avocet_provider avocet_provider;

typedef struct avocet_probe_spec {
    uint32_t struct_size;
    uint32_t part_count;
    avocet_str kind;         /* "tracepoint": the full name of the kind, lower case */
    avocet_str text;         /* whole spec after alias expansion, for messages */
    const avocet_str* parts; /* what stands between the colons after the kind, quotes removed */
    avocet_span span;        /* where the user wrote it; line 0 if nowhere */
    int32_t pid;             /* -p PID, or -1 */
    uint32_t flags;          /* AVOCET_SPEC_* */
} avocet_probe_spec;

enum {
    AVOCET_SPEC_UNSAFE = 1u << 0,  /* the user accepts unchecked addresses */
    AVOCET_SPEC_VERBOSE = 1u << 1, /* list: argument types are wanted too */
    AVOCET_SPEC_OWN_TYPE = 1u << 2 /* describe, resolve: the program is compiled for the kind's own program type
                                      (foreign objects), so another mechanism cannot stand in */
};

/* ---- list ---- */
typedef struct avocet_probe_info {
    uint32_t struct_size;
    uint32_t arg_count;
    avocet_str name;        /* full name: "tracepoint:sched:sched_switch" */
    const avocet_str* args; /* C declarations, "char prev_comm[16]"; only when AVOCET_SPEC_VERBOSE */
} avocet_probe_info;
typedef avocet_status (*avocet_list_fn)(void* ctx, const avocet_probe_info* info);

/* ---- describe ---- */

/* Which BPF program type serves the probe, and so what its context argument points to. */
typedef int32_t avocet_context;
enum {
    AVOCET_CONTEXT_TRACEPOINT = 1,     /* record of the event's format, 8 common bytes first */
    AVOCET_CONTEXT_RAW_TRACEPOINT = 2, /* uint64_t args[]: the tracepoint's C arguments */
    AVOCET_CONTEXT_TRACEPOINT_BTF = 3, /* the same, typed and directly readable */
    AVOCET_CONTEXT_PT_REGS = 4,        /* kprobe, uprobe: struct pt_regs */
    AVOCET_CONTEXT_PERF_EVENT = 5,     /* struct bpf_perf_event_data: pt_regs first, then sample_period, addr */
    AVOCET_CONTEXT_FENTRY = 6,         /* uint64_t args[] */
    AVOCET_CONTEXT_FEXIT = 7,          /* uint64_t args[], then the return value */
    AVOCET_CONTEXT_ITERATOR = 8,
    AVOCET_CONTEXT_RUNTIME = 9 /* run by the tracer through BPF_PROG_RUN as a raw tracepoint: no arguments */
};

typedef int32_t avocet_place;
enum {
    AVOCET_PLACE_CONTEXT = 1,  /* `index` bytes into the context, directly readable */
    AVOCET_PLACE_DATA_LOC = 2, /* u32 at `index` bytes into the context: length << 16 | offset from the context */
    AVOCET_PLACE_WORD = 3,     /* 64-bit word number `index` of the context */
    AVOCET_PLACE_REGISTER = 4, /* call argument number `index` of the pt_regs that the context is */
    AVOCET_PLACE_SYSCALL = 5,  /* system call argument number `index` of the pt_regs whose kernel address is word 0;
                                  AVOCET_SYSCALL_NUMBER: the number of the call (x86-64: orig_ax) */
    AVOCET_PLACE_RETURN = 6,   /* return register of the pt_regs that the context is */
    AVOCET_PLACE_LOCATION = 7, /* `location`, the same for every target; of kind AVOCET_LOCATION_NONE: the argument
                                  exists, but its value is nowhere (a vector register, optimised away): refused */
    AVOCET_PLACE_TARGET = 8    /* location number `index` of the plan target that fired: `locations` in
                                  avocet/abi/plan.h. The program finds it by attach id in the map avocet_locations */
};

#define AVOCET_SYSCALL_NUMBER UINT32_MAX
#define AVOCET_PLACE_NOWHERE                                                                 \
    0 /* args[n] of such a place with argn_place _TARGET: argN cannot be read, name says why \
       */
enum {
    AVOCET_ARG_USER = 1u << 0, /* a pointer into user memory */
    AVOCET_ARG_SIGNED = 1u << 1,
    AVOCET_ARG_CONTINUES = 1u << 2 /* a value of 9 to 16 bytes: what is beyond the eighth is the next argument, which
                                      has no name (a struct that is passed in two registers) */
};

typedef struct avocet_probe_arg {
    avocet_str name;
    uint32_t type_id; /* in the group's BTF; a pointer to a kernel struct points to a FWD of its name */
    avocet_place place;
    uint32_t index;
    uint32_t size; /* bytes at that place */
    uint32_t flags;
    uint32_t reserved;
    avocet_arg_location location; /* AVOCET_PLACE_LOCATION */
} avocet_probe_arg;

typedef int32_t avocet_identity;
enum {
    AVOCET_IDENTITY_COOKIE = 1,   /* bpf_get_attach_cookie() yields the attach id */
    AVOCET_IDENTITY_SELECTOR = 2, /* table lookup by the word `selector_word` of the context yields it; 0: not ours */
    AVOCET_IDENTITY_FIXED = 3     /* neither: a function can tell only one attach point; emit one function per target */
};

/* What a name of the language means here; bits say which are available. */
enum {
    AVOCET_HAS_ARGS = 1u << 0, /* args.NAME: `args` below */
    AVOCET_HAS_ARGN = 1u << 1, /* arg0..: registers or words, `argn_place` */
    AVOCET_HAS_RETVAL = 1u << 2,
    AVOCET_HAS_FUNC = 1u << 3,
    AVOCET_HAS_REGS = 1u << 4,      /* reg(NAME) */
    AVOCET_HAS_TASK = 1u << 5,      /* pid, comm ... are those of the traced task (not the tracer's) */
    AVOCET_HAS_PID_FILTER = 1u << 6 /* -p is applied inside the program, not by the attach */
};

enum { AVOCET_SPACE_NONE = 0, AVOCET_SPACE_KERNEL = 1, AVOCET_SPACE_USER = 2 };

/* A set of targets that one function can serve: same context, same argument layout. */
typedef struct avocet_probe_group {
    uint32_t struct_size;
    avocet_context context;
    avocet_identity identity;
    uint32_t has;            /* AVOCET_HAS_* */
    uint32_t space;          /* address space of argN, retval and pointers in args unless an arg says otherwise */
    uint32_t selector_word;  /* AVOCET_IDENTITY_SELECTOR: this word of the context is the selector, a system call
                                number; AVOCET_SYSCALL_NUMBER: it is read from the pt_regs whose kernel address is
                                word 0 (sys_exit, whose second word is the result). The kernel shows calls of 32-bit
                                processes here too, under another numbering: a value that is not below
                                selector_count is not ours, and nor is a task that runs in compatibility mode */
    uint32_t selector_count; /* entries of the table, a power of two */
    avocet_place argn_place; /* AVOCET_PLACE_REGISTER, _WORD or _TARGET; see AVOCET_PLACE_NOWHERE */
    uint32_t argn_count;
    uint32_t arg_count;
    const avocet_probe_arg* args;
    avocet_probe_arg retval; /* with AVOCET_HAS_RETVAL */
    avocet_bytes btf;        /* raw BTF (little-endian, as in /sys/kernel/btf) for the type ids above; may be empty */
    avocet_str probetype;    /* "tracepoint": the language's `probetype` */
    uint32_t target_count;
    uint32_t flags;            /* AVOCET_GROUP_* */
    const avocet_str* targets; /* full probe names, sorted bytewise */
    avocet_str spec;           /* resolving this text gives exactly these targets (the user's own pattern if it can) */
} avocet_probe_group;

enum {
    AVOCET_GROUP_SLEEPABLE = 1u << 0,
    AVOCET_GROUP_PREEMPTIBLE = 1u << 1 /* the program may be preempted by itself on one CPU (uprobes) */
};
typedef avocet_status (*avocet_group_fn)(void* ctx, const avocet_probe_group* group);
#define AVOCET_GROUP_SHARED_NAMES (1u << 2) /* targets may share a name: avocet_names in avocet/abi/program.h */
enum { AVOCET_DESCRIBE_ARGS = 1u << 0 };    /* `args` is used: split the targets by argument layout */

/* A fact the description depended on; a cached program is stale when one has changed. */
typedef struct avocet_dependency {
    uint32_t struct_size;
    uint32_t reserved;
    avocet_str kind; /* "file" (path; device, inode, size, mtime are compared), "content" (path; bytes are compared),
                        "kernel" (name empty: the running kernel's build), "absent" (path must not exist) */
    avocet_str name;
} avocet_dependency;
typedef void (*avocet_dependency_fn)(void* ctx, const avocet_dependency* dependency);

/* ---- resolve ---- */
typedef avocet_status (*avocet_plan_fn)(void* ctx, const avocet_plan* plan);

typedef struct avocet_provider_factory {
    avocet_factory base;
    /* *out is destroyed by the host. [thread: control] */
    avocet_status (*create)(const avocet_host* host, const avocet_options* options, avocet_provider** out);
    void (*destroy)(avocet_provider* self);
    /* Parts may be missing or hold `*`. Sorted bytewise within a kind. No match: no call, AVOCET_OK. [thread: control]
     */
    avocet_status (*list)(avocet_provider* self, const avocet_probe_spec* pattern, avocet_list_fn emit, void* ctx);
    /* No match: AVOCET_ERR_NOT_FOUND, reported with a suggestion. [thread: control] */
    avocet_status (*describe)(avocet_provider* self, const avocet_probe_spec* spec, uint32_t flags,
                              avocet_group_fn emit, avocet_dependency_fn depends, void* ctx);
    /* No match: AVOCET_ERR_NOT_FOUND, reported with a suggestion. [thread: control] */
    avocet_status (*resolve)(avocet_provider* self, const avocet_probe_spec* spec, avocet_plan_fn emit, void* ctx);
} avocet_provider_factory;

/* Host extension for frontends: describe any spec; the host finds the provider. */
#define AVOCET_HOST_PROBES_1 "avocet.host.probes/1"
typedef struct avocet_host_probes {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* `text` is one attach point as written, aliases and quotes included. AVOCET_ERR_NOT_FOUND with nothing emitted:
     * no match, already reported at `span` unless `quiet`. AVOCET_ERR_INVALID: no provider knows the kind; reported
     * even when `quiet`. [thread: control] */
    avocet_status (*describe)(void* ctx, avocet_str text, avocet_span span, int32_t pid, uint32_t describe_flags,
                              uint32_t spec_flags, int32_t quiet, avocet_group_fn emit, void* emit_ctx);
} avocet_host_probes;

/* Host extension: facts about this machine that compile to constants. */
#define AVOCET_HOST_KERNEL_1 "avocet.host.kernel/1"
typedef struct avocet_host_kernel {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* Raw BTF of the running kernel, read once and kept by the host; empty: this kernel has none. [thread: control] */
    avocet_bytes (*kernel_btf)(void* ctx);
    /* Address of a kernel symbol, 0 if unknown or hidden. [thread: control] */
    uint64_t (*kernel_symbol)(void* ctx, avocet_str name);
    /* Whether a named kernel feature exists ("uprobe_multi"); the backend's table answers. [thread: control] */
    int32_t (*has_feature)(void* ctx, const char* name);
} avocet_host_kernel;

#ifdef __cplusplus
}
#endif
#endif
