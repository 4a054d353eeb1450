// SPDX-License-Identifier: Apache-2.0
//
// sink.null: descriptor.
#include "avocet/plugin.hpp"

#include "null_sink.hpp"

namespace avocet::null {
namespace {
constexpr avocet_sink_factory factory = sink_factory<NullSink, schema>("takes every record and only counts");
}  // namespace
}  // namespace avocet::null

AVOCET_PLUGIN("sink.null", "0.1.0", &avocet::null::factory)
