/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/stream.h: events that do not pass through the session. A sink may ask for the program's event stream
 * whole: the backend pins the ring buffers or perf event arrays in a BPF file system and does not drain them; another
 * program reads them (avocet/perf_consumer.h), while the session keeps the probes, the maps and the count of losses.
 *
 * Two extensions, both returned by a plugin's get_factory beside its factory, both beginning with avocet_factory:
 *   AVOCET_SINK_STREAM_1     of a sink: that it takes the stream, and where it is to be pinned
 *   AVOCET_BACKEND_STREAM_1  of a backend: that it can pin one
 * The session brings them together: a sink never reaches the backend. One sink of a session may take the stream; no
 * other sink then gets events; a program whose events ask the session to act (print a map, clear it, run a command ...)
 * is refused.
 *
 * The directory. It is the stream's, whole; nothing else may be in it.
 *   stream      array map of one element: avocet_stream_info and the manifest. Its BTF is the program's: every type
 * that the manifest names. Made last: who can open it finds everything else. NAME        one for each ring buffer and
 * perf event array, by the ELF symbol of its map. Several rings of the event transport: avocet_rings_0, avocet_rings_1,
 * ... avocet_losses  the program's own counters, if it has them
 *
 * Whose it is. The session holds an exclusive flock(2) on the directory for as long as it lives; the kernel drops it
 * when the process ends, however it ends. A session that finds the directory there and can lock it has found a dead
 * one's: it removes the pins and the directory, and makes a new one. If it cannot lock it, another session is alive,
 * and it is refused. A reader that gets a shared lock (LOCK_SH | LOCK_NB) while info.state is RUNNING knows that the
 * session has died.
 *
 * The end, in this order: probes are detached; info.state becomes ENDED; the session waits up to end_wait_ns until the
 * reader has read everything; it counts what is still unread; pins and directory are removed. What a reader has opened
 * stays readable after that.
 */
#ifndef AVOCET_ABI_STREAM_H
#define AVOCET_ABI_STREAM_H

#include "avocet/abi/backend.h"
#include "avocet/abi/plugin.h"
#include "avocet/abi/sink.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_SINK_STREAM_1 "avocet.sink.stream/1"
#define AVOCET_BACKEND_STREAM_1 "avocet.backend.stream/1"

#define AVOCET_STREAM_PIN_INFO "stream"
#define AVOCET_STREAM_VERSION 1u

/* What a sink asks for. Strings stay valid until it is destroyed. */
typedef struct avocet_stream_request {
    uint32_t struct_size;
    uint32_t mode;        /* permissions of the pins, 0600; the directory gets x where they have r */
    avocet_str directory; /* absolute, in a BPF file system; its last part is created */
    uint64_t end_wait_ns; /* how long the end may wait for the reader */
    int64_t group;        /* numeric group of the pins; -1: as created */
    uint64_t wake_bytes;  /* rings: the reader is woken when this much waits; 0: by the first event it has not seen */
} avocet_stream_request;

typedef struct avocet_sink_stream {
    avocet_factory base; /* factory_id AVOCET_SINK_STREAM_1; no options of its own */
    /* [thread: control] [state: created; before the sink's thread starts] */
    avocet_status (*request)(avocet_sink* self, avocet_stream_request* out);
} avocet_sink_stream;

enum {
    AVOCET_STREAM_HEADERS = 1u << 0, /* samples of avocet_events and the rings begin with avocet_event_header */
    AVOCET_STREAM_STAMPED = 1u << 1  /* and their time_ns is filled in */
};

/* What the session tells the backend. Valid during the call. */
typedef struct avocet_stream_pin {
    uint32_t struct_size;
    uint32_t flags; /* AVOCET_STREAM_* */
    avocet_stream_request where;
    avocet_str manifest; /* JSON for the reader: sdk/docs/streams.md */
    uint64_t wall_minus_boot_ns;
} avocet_stream_pin;

typedef struct avocet_backend_stream {
    avocet_factory base; /* factory_id AVOCET_BACKEND_STREAM_1; no options */
    /* Remembered for load: that pins the event channels (all but the control channel) as above and never drains them;
     * poll brings the control channel and timers only. load fails when the directory is not in a BPF file system, is
     * alive, or holds something that no session left there; then nothing is pinned. The strings are copied.
     * [state: created, before load] */
    avocet_status (*pin)(avocet_backend* self, const avocet_stream_pin* pin);
    /* The end, as above. *unread: records that nobody had read when the time was over (of perf event arrays: 0, the
     * kernel does not tell). wake ends the waiting. destroy does the same without waiting. [state: detached] */
    avocet_status (*finish)(avocet_backend* self, uint64_t* unread);
} avocet_backend_stream;

typedef uint32_t avocet_stream_state;
enum { AVOCET_STREAM_RUNNING = 1, AVOCET_STREAM_ENDED = 2 };

/* Element 0 of the map "stream"; `manifest_size` bytes of manifest follow `info_size` bytes of this. Fields are only
 * appended. */
typedef struct avocet_stream_info {
    uint32_t version; /* AVOCET_STREAM_VERSION */
    uint32_t info_size;
    avocet_stream_state state;
    avocet_transport transport;
    uint32_t flags; /* AVOCET_STREAM_* */
    uint32_t channel_count;
    uint32_t owner; /* process, as the session's PID namespace numbers it; for messages */
    uint32_t manifest_size;
    uint64_t wall_minus_boot_ns; /* added to time_ns: ns since 1970 */
} avocet_stream_info;

#ifdef __cplusplus
}
#endif
#endif
