// SPDX-License-Identifier: Apache-2.0
//
// sink.perfbuf: descriptor.
#include "avocet/plugin.hpp"

#include "perfbuf_sink.hpp"

namespace avocet::perfbuf {
namespace {
constexpr avocet_sink_factory factory = sink_factory<PerfbufSink, schema>("hands the event stream to another program");
constexpr avocet_sink_stream stream = sink_stream<PerfbufSink, schema>();
}  // namespace
}  // namespace avocet::perfbuf

AVOCET_PLUGIN("sink.perfbuf", "0.1.0", &avocet::perfbuf::factory, &avocet::perfbuf::stream)
