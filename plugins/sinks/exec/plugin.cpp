// SPDX-License-Identifier: Apache-2.0
//
// sink.exec: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "exec_sink.hpp"

namespace avocet::exec {
namespace {
constexpr avocet_sink_factory factory =
    sink_factory<ExecSink, schema>("records as JSON lines on the standard input of a command");
constexpr avocet_sink_event_times event_times = sink_event_times<ExecSink, schema>();
}  // namespace
}  // namespace avocet::exec

AVOCET_PLUGIN("sink.exec", "0.1.0", &avocet::exec::factory, &avocet::exec::event_times)
