// SPDX-License-Identifier: Apache-2.0
//
// sink.trace: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "trace_sink.hpp"

namespace avocet::trace {
namespace {
constexpr avocet_sink_factory factory = sink_factory<TraceSink, schema>("records as a trace for Perfetto");
constexpr avocet_sink_event_times event_times = sink_event_times<TraceSink, schema>();
}  // namespace
}  // namespace avocet::trace

AVOCET_PLUGIN("sink.trace", "0.1.0", &avocet::trace::factory, &avocet::trace::event_times)
