// SPDX-License-Identifier: Apache-2.0
//
// sink.flamegraph: descriptor.
#include "avocet/plugin.hpp"

#include "flamegraph_sink.hpp"

namespace avocet::flamegraph {
namespace {
constexpr avocet_sink_factory factory = sink_factory<FlamegraphSink, schema>("stacks as a flame graph");
}  // namespace
}  // namespace avocet::flamegraph

AVOCET_PLUGIN("sink.flamegraph", "0.1.0", &avocet::flamegraph::factory)
