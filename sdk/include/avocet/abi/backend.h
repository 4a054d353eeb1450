/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/backend.h: a backend runs a program: loads it, attaches plans, streams samples, reads maps.
 *
 * Life of an instance: create -> load -> (run begin functions) -> attach -> poll ... -> detach -> poll until STOP ->
 * (run end functions, poll) -> read maps -> destroy. Destroy at any time leaves nothing attached.
 * All calls on one thread, the session's, except `wake`.
 */
#ifndef AVOCET_ABI_BACKEND_H
#define AVOCET_ABI_BACKEND_H

#include "avocet/abi/plan.h"
#include "avocet/abi/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct avocet_backend avocet_backend;

/* A `.rodata` variable of the program, by name. Unknown names are ignored; a size that differs is AVOCET_ERR_ABI. */
typedef struct avocet_constant {
    avocet_str name;
    avocet_bytes value;
} avocet_constant;

typedef struct avocet_map_size {
    avocet_str name; /* ELF symbol of the map */
    uint32_t max_entries;
    uint32_t reserved;
} avocet_map_size;

/* What an array map holds from the start: element i is `values` + i * value_size; max_entries becomes `count`. The
 * program only reads it. Unknown names are ignored. */
typedef struct avocet_map_image {
    avocet_str name; /* ELF symbol of the map */
    uint32_t count;
    uint32_t value_size; /* bytes; must be the map's */
    const void* values;
} avocet_map_image;

/* One function of the program and the plans it serves. plan_count 0: not loaded. */
typedef struct avocet_function {
    uint32_t struct_size;
    uint32_t plan_count;
    avocet_str name; /* ELF symbol */
    const avocet_plan* plans;
} avocet_function;

typedef int32_t avocet_transport;
enum { AVOCET_TRANSPORT_RING = 0, AVOCET_TRANSPORT_PERF = 1 };

typedef struct avocet_load_request {
    uint32_t struct_size;
    avocet_transport transport;
    avocet_bytes elf;              /* must stay valid until destroy */
    uint64_t buffer_bytes_per_cpu; /* of the event transport */
    uint64_t drain_interval_ns;    /* how long a sample may wait in the kernel's buffer */
    const avocet_constant* constants;
    size_t constant_count;
    const avocet_map_size* map_sizes;
    size_t map_size_count;
    const avocet_function* functions;
    size_t function_count;
    uint32_t verifier_log_bytes; /* 0: default */
    uint32_t ring_count;         /* of the event transport; 0 and 1: avocet_events, more: that many in avocet_rings */
    const avocet_map_image* map_images;
    size_t map_image_count;
} avocet_load_request;

/* One sample as the program wrote it. */
typedef struct avocet_sample {
    const void* data; /* the program's bytes, 8-byte aligned; starts with avocet_event_header if the manifest says so */
    uint32_t size;
    uint32_t cpu;     /* UINT32_MAX: not known (ring buffers) */
    uint32_t channel; /* index into the manifest's channels: 0 is control, 1 is events; foreign rings follow */
    uint32_t reserved;
} avocet_sample;

/* What a poll brought. Valid until the next call on the instance. */
typedef struct avocet_sample_batch {
    uint32_t struct_size;
    uint32_t count;
    const avocet_sample* samples; /* in the events' order */
    uint64_t lost;                /* samples the transport itself lost since the last poll (perf buffers) */
    uint64_t wall_ns;             /* CLOCK_REALTIME when the batch was drained */
    uint64_t boot_ns;             /* CLOCK_BOOTTIME at the same moment */
} avocet_sample_batch;

/* Rows of one map. For per-CPU maps `value_size` covers `cpu_count` slots of `slot_size` bytes each. */
typedef struct avocet_map_rows {
    uint32_t struct_size;
    uint32_t count;
    uint32_t key_size;
    uint32_t slot_size; /* bytes of one value, rounded up to 8 for per-CPU maps */
    uint32_t cpu_count; /* 1 for maps that are not per CPU */
    uint32_t reserved;
    const void* keys;   /* count * key_size */
    const void* values; /* count * slot_size * cpu_count */
} avocet_map_rows;
typedef avocet_status (*avocet_map_rows_fn)(void* ctx, const avocet_map_rows* rows);

/* One row of the feature table. */
typedef struct avocet_feature {
    uint32_t struct_size;
    int32_t present;     /* 1 yes, 0 no, -1 could not be probed */
    const char* name;    /* "uprobe_multi" */
    const char* needs;   /* "Linux 6.6, CONFIG_UPROBE_EVENTS" */
    const char* purpose; /* what becomes slower or impossible without it */
    avocet_str detail;   /* the kernel's reason when absent; may be empty */
} avocet_feature;
typedef avocet_status (*avocet_feature_fn)(void* ctx, const avocet_feature* feature);

/* Counters kept by the kernel rather than the program. */
typedef struct avocet_kernel_loss {
    uint32_t struct_size;
    uint32_t reserved;
    avocet_str function; /* or a target's name, where the kernel counts for each */
    const char* cause;   /* "recursion miss", "kprobe miss", "ring full" */
    uint64_t count;      /* total so far */
} avocet_kernel_loss;
typedef void (*avocet_kernel_loss_fn)(void* ctx, const avocet_kernel_loss* loss);

/* Told about every attach that failed; the host decides by its missing_probes policy. Return OK to go on. */
typedef avocet_status (*avocet_attach_error_fn)(void* ctx, avocet_str function, const avocet_plan* plan,
                                                const avocet_diagnostic* why);

typedef struct avocet_backend_factory {
    avocet_factory base;
    avocet_status (*create)(const avocet_host* host, const avocet_options* options, avocet_backend** out);
    void (*destroy)(avocet_backend* self);
    /* Feature table, probed once per boot and cached. [state: any] */
    avocet_status (*features)(avocet_backend* self, const char* only_name_or_null, avocet_feature_fn emit, void* ctx);
    /* Opens, relocates and loads. A verifier rejection is reported at the source line of the program's line info
     * together with the rule that was broken, and is AVOCET_ERR_REJECTED. [state: created] */
    avocet_status (*load)(avocet_backend* self, const avocet_load_request* request);
    /* Attaches every plan of every function, in the order given. [state: loaded] */
    avocet_status (*attach)(avocet_backend* self, const avocet_function* functions, size_t count,
                            avocet_attach_error_fn on_error, void* ctx);
    /* Runs one function now, in this process (begin, end, signal, test, bench), `repeat` times (0 is 1). *result is the
     * last return value; *mean_ns, unless NULL, the mean time of one run, with what starting it costs. [state: loaded]
     */
    avocet_status (*run)(avocet_backend* self, avocet_str function, uint32_t repeat, int64_t* result,
                         uint64_t* mean_ns);
    /* Waits up to timeout_ns for samples (or a timer, which it runs itself). OK with count 0: timeout or wake.
     * STOP: detached and everything has been read. [state: loaded] */
    avocet_status (*poll)(avocet_backend* self, uint64_t timeout_ns, avocet_sample_batch* out);
    /* Makes a poll in progress return. [thread: any, async-signal-safe] */
    void (*wake)(avocet_backend* self);
    /* Removes every attach; samples already written stay readable. [state: loaded] */
    avocet_status (*detach)(avocet_backend* self);
    /* All rows of a map, in batches. */
    avocet_status (*map_read)(avocet_backend* self, avocet_str map, avocet_map_rows_fn emit, void* ctx);
    /* The rows of these keys only; missing keys are left out. */
    avocet_status (*map_lookup)(avocet_backend* self, avocet_str map, const void* keys, size_t key_count,
                                avocet_map_rows_fn emit, void* ctx);
    /* Removes every element (arrays: sets them to zero). */
    avocet_status (*map_clear)(avocet_backend* self, avocet_str map);
    /* Sets every value to zero. */
    avocet_status (*map_zero)(avocet_backend* self, avocet_str map);
    avocet_status (*losses)(avocet_backend* self, avocet_kernel_loss_fn emit, void* ctx);
} avocet_backend_factory;

#ifdef __cplusplus
}
#endif
#endif
