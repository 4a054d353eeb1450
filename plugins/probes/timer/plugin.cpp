// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.timer.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::timer::TimerProvider, avocet::timer::options>(
    "Sampling on every CPU (profile) and ticks of the tracer (interval)");
}
AVOCET_PLUGIN("probe.timer", "0.1.0", &factory)
