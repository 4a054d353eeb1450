/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/program.h: names and layouts shared by frontends, the host and backends. The manifest and the meaning of
 * each name are in sdk/docs/program.md.
 */
#ifndef AVOCET_ABI_PROGRAM_H
#define AVOCET_ABI_PROGRAM_H

#include "avocet/abi/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_MANIFEST_SECTION ".avocet"
#define AVOCET_MANIFEST_SCHEMA 1u

/* First bytes of every sample of a program whose manifest says "events": true. */
typedef struct avocet_event_header {
    uint32_t output;   /* index into the manifest's outputs */
    uint16_t function; /* index into the manifest's functions */
    uint16_t flags;    /* 0 */
    uint64_t time_ns;  /* CLOCK_BOOTTIME, or 0 when the session did not ask for stamps */
} avocet_event_header;

/* Maps with a meaning. */
#define AVOCET_MAP_EVENTS "avocet_events"       /* ring buffer or perf event array, the event transport */
#define AVOCET_MAP_RINGS "avocet_rings"         /* array of ring buffers, used instead when avocet_ring_count is set */
#define AVOCET_MAP_CONTROL "avocet_control"     /* small ring buffer: exit, run-time errors */
#define AVOCET_MAP_LOSSES "avocet_losses"       /* per-CPU array of u64: function index * AVOCET_LOSS_SLOTS + cause */
#define AVOCET_MAP_LOCATIONS "avocet_locations" /* array: attach id -> avocet_arg_location[AVOCET_MAX_LOCATIONS] */
#define AVOCET_MAP_STACKS "avocet_stacks"       /* hash: u64 stack id -> struct { u64 count; u64 address[]; } */
#define AVOCET_MAP_NAMES "avocet_names"         /* array: attach id -> u32, the first attach id of the same name */
/* .rodata variables the session sets before load. */
#define AVOCET_CONST_TRANSPORT "avocet_transport"       /* u32: avocet_transport */
#define AVOCET_CONST_RING_COUNT "avocet_ring_count"     /* u32: power of two: rings of avocet_rings; 0: avocet_events */
#define AVOCET_CONST_FILTER_PID "avocet_filter_pid"     /* u32: 0 none */
#define AVOCET_CONST_CPID "avocet_cpid"                 /* u32 */
#define AVOCET_CONST_NCPUS "avocet_ncpus"               /* u32 */
#define AVOCET_CONST_START_NS "avocet_start_ns"         /* u64: CLOCK_BOOTTIME at start */
#define AVOCET_CONST_STAMP "avocet_stamp"               /* u32: 1: header.time_ns is filled in */
#define AVOCET_CONST_WAKE_BYTES "avocet_wake_bytes"     /* u64: wake the reader when this much is waiting */
#define AVOCET_CONST_PIDNS_DEV "avocet_pidns_dev"       /* u64: PID namespace of the tracer; 0: the initial one */
#define AVOCET_CONST_PIDNS_INO "avocet_pidns_ino"       /* u64 */
#define AVOCET_CONST_WARN "avocet_warn"                 /* u32: 1: also report failed reads and missing keys */
#define AVOCET_CONST_ATTACH_PREFIX "avocet_attach_"     /* u32 per function: its only attach id, 0: ask the cookie */
#define AVOCET_CONST_SELECTOR_PREFIX "avocet_selector_" /* u16[selector_count] per function: attach id, 0: not ours */

enum { AVOCET_LOSS_SLOTS = 16 };
typedef uint32_t avocet_loss_cause;
enum {
    AVOCET_LOSS_RING_FULL = 0,  /* an event did not fit */
    AVOCET_LOSS_MAP_FULL = 1,   /* an update failed */
    AVOCET_LOSS_UNREADABLE = 2, /* memory could not be read */
    AVOCET_LOSS_STRING_TRUNCATED = 3,
    AVOCET_LOSS_STACK_TRUNCATED = 4,
    AVOCET_LOSS_STACK_FULL = 5, /* no room for a stack: its frames are missing */
    AVOCET_LOSS_STACK_UNREADABLE = 6,
    AVOCET_LOSS_SCRATCH_BUSY = 7, /* interrupted by itself too deeply: the event was skipped */
    AVOCET_LOSS_CONTROL_FULL = 8
};

#ifdef __cplusplus
}
#endif
#endif
