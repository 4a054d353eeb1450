// SPDX-License-Identifier: Apache-2.0
//
// avocet/event_times.hpp: the extension of abi/event_times.h in C++. A sink that wants the times of events has a method
//     bool wants_event_times() const;
// and names sink_event_times<MySink, schema>() beside its factory in AVOCET_PLUGIN.
#pragma once

#include "avocet/abi/event_times.h"
#include "avocet/sink.hpp"

namespace avocet {

namespace detail {

template <class Class, const auto& Schema>
uint32_t sink_wants_event_times(avocet_sink* s) noexcept {
    return SinkBridge<Class, Schema>::self(s)->sink.wants_event_times();
}

}  // namespace detail

template <class Class, const auto& Schema>
constexpr avocet_sink_event_times sink_event_times() {
    return {{sizeof(avocet_sink_event_times), 0, AVOCET_SINK_EVENT_TIMES_1, "wants the times of events", nullptr},
            detail::sink_wants_event_times<Class, Schema>};
}

}  // namespace avocet
