// SPDX-License-Identifier: Apache-2.0
//
// sink.file: descriptor.
#include "avocet/plugin.hpp"
#include "avocet/event_times.hpp"

#include "file_sink.hpp"

namespace avocet::file {
namespace {
constexpr avocet_sink_factory factory =
    sink_factory<FileSink, schema>("records in a file, with rotation and compression");
constexpr avocet_sink_event_times event_times = sink_event_times<FileSink, schema>();
}  // namespace
}  // namespace avocet::file

AVOCET_PLUGIN("sink.file", "0.1.0", &avocet::file::factory, &avocet::file::event_times)
