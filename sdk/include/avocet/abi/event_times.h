/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/event_times.h: sinks that want to know when each event happened. Reading the clock costs the traced thread
 * some 20 ns for each event, so programs do it only if somebody asks: times_ns of a batch is NULL otherwise, and an
 * event is as old as its batch. An extension of a sink, returned by its plugin's get_factory beside its factory.
 */
#ifndef AVOCET_ABI_EVENT_TIMES_H
#define AVOCET_ABI_EVENT_TIMES_H

#include "avocet/abi/plugin.h"
#include "avocet/abi/sink.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_SINK_EVENT_TIMES_1 "avocet.sink.event_times/1"
typedef struct avocet_sink_event_times {
    avocet_factory base;
    /* Asked once, before the program is loaded; 0: no. [thread: control; state: created] */
    uint32_t (*wanted)(avocet_sink* self);
} avocet_sink_event_times;

#ifdef __cplusplus
}
#endif
#endif
