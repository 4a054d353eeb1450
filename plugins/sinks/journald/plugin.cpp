// SPDX-License-Identifier: Apache-2.0
//
// sink.journald: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "journald_sink.hpp"

namespace avocet::journald {
namespace {
constexpr avocet_sink_factory factory = sink_factory<JournaldSink, schema>("records as entries of the systemd journal");
constexpr avocet_sink_event_times event_times = sink_event_times<JournaldSink, schema>();
}  // namespace
}  // namespace avocet::journald

AVOCET_PLUGIN("sink.journald", "0.1.0", &avocet::journald::factory, &avocet::journald::event_times)
