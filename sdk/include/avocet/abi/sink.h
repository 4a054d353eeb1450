/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/sink.h: a sink consumes batches of records. The host owns the queue in front of it, the retries, the drop
 * policy and the count of drops; the sink only takes, or says why it cannot.
 */
#ifndef AVOCET_ABI_SINK_H
#define AVOCET_ABI_SINK_H

#include "avocet/abi/plugin.h"
#include "avocet/abi/record.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct avocet_sink avocet_sink;

typedef struct avocet_sink_factory {
    avocet_factory base;
    /* Opens what can be opened; a wrong path or permission fails here, before anything is attached.
     * [thread: control] */
    avocet_status (*create)(const avocet_host* host, const avocet_options* options, avocet_sink** out);
    void (*destroy)(avocet_sink* self); /* [thread: control] [state: closed] */
    /* Takes rows from `first` on, in order. *taken: how many it has become responsible for.
     *   OK      taken all of them
     *   AGAIN   took *taken, cannot take more now: the host calls again later with the rest
     *   STOP    took *taken and wants no more, ever (its reader has gone); what follows is not offered to it, and when
     *           every sink has stopped the session ends
     *   ERR_*   took *taken, the next row failed (reported): the host counts it as lost, by this sink, and goes on
     * [thread: data, always the same one for an instance] */
    avocet_status (*consume)(avocet_sink* self, const avocet_batch* batch, uint32_t first, uint32_t* taken);
    /* Everything taken reaches its destination now (or as far as the sink's own policy goes). Called when the queue
     * has run empty, and before close. ERR_* reports how many taken rows were lost through *lost. [thread: data] */
    avocet_status (*flush)(avocet_sink* self, uint64_t* lost);
    /* After the last record. [thread: data] */
    avocet_status (*close)(avocet_sink* self, uint64_t* lost);
    /* Called about every `interval` when idle, for rotation by time and redraw; may be NULL. [thread: data] */
    avocet_status (*tick)(avocet_sink* self, uint64_t wall_ns);
} avocet_sink_factory;

#ifdef __cplusplus
}
#endif
#endif
