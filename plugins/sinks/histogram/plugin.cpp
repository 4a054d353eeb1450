// SPDX-License-Identifier: Apache-2.0
//
// sink.histogram: descriptor.
#include "avocet/plugin.hpp"

#include "histogram_sink.hpp"

namespace avocet::histogram {
namespace {
constexpr avocet_sink_factory factory = sink_factory<HistogramSink, schema>("maps as a picture: histogram");
}  // namespace
}  // namespace avocet::histogram

AVOCET_PLUGIN("sink.histogram", "0.1.0", &avocet::histogram::factory)
