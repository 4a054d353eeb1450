// SPDX-License-Identifier: Apache-2.0
//
// sink.prometheus: descriptor.
#include "avocet/plugin.hpp"

#include "prometheus_sink.hpp"

namespace avocet::prometheus {
namespace {
constexpr avocet_sink_factory factory = sink_factory<PrometheusSink, schema>("maps as metrics over HTTP");
}  // namespace
}  // namespace avocet::prometheus

AVOCET_PLUGIN("sink.prometheus", "0.1.0", &avocet::prometheus::factory)
