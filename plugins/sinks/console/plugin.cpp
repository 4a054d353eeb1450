// SPDX-License-Identifier: Apache-2.0
//
// sink.console: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "console_sink.hpp"

namespace avocet::console {
namespace {
constexpr avocet_sink_factory factory =
    sink_factory<ConsoleSink, schema>("records on standard output, messages on standard error");
constexpr avocet_sink_event_times event_times = sink_event_times<ConsoleSink, schema>();
}  // namespace
}  // namespace avocet::console

AVOCET_PLUGIN("sink.console", "0.1.0", &avocet::console::factory, &avocet::console::event_times)
