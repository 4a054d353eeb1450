// SPDX-License-Identifier: Apache-2.0
//
// sink.syslog: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "syslog_sink.hpp"

namespace avocet::syslog {
namespace {
constexpr avocet_sink_factory factory = sink_factory<SyslogSink, schema>("records as messages of a syslog daemon");
constexpr avocet_sink_event_times event_times = sink_event_times<SyslogSink, schema>();
}  // namespace
}  // namespace avocet::syslog

AVOCET_PLUGIN("sink.syslog", "0.1.0", &avocet::syslog::factory, &avocet::syslog::event_times)
