// SPDX-License-Identifier: Apache-2.0
//
// sink.perfdata: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "perfdata_sink.hpp"

namespace avocet::perfdata {
namespace {
constexpr avocet_sink_factory factory = sink_factory<PerfdataSink, schema>("stacks as a perf.data file");
constexpr avocet_sink_event_times event_times = sink_event_times<PerfdataSink, schema>();
}  // namespace
}  // namespace avocet::perfdata

AVOCET_PLUGIN("sink.perfdata", "0.1.0", &avocet::perfdata::factory, &avocet::perfdata::event_times)
