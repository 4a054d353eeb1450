// SPDX-License-Identifier: Apache-2.0
//
// sink.heatmap: descriptor.
#include "avocet/plugin.hpp"

#include "heatmap_sink.hpp"

namespace avocet::heatmap {
namespace {
constexpr avocet_sink_factory factory = sink_factory<HeatmapSink, schema>("maps as a picture: heatmap");
}  // namespace
}  // namespace avocet::heatmap

AVOCET_PLUGIN("sink.heatmap", "0.1.0", &avocet::heatmap::factory)
