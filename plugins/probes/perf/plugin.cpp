// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.perf.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::perf::PerfProvider, avocet::perf::options>(
    "Every Nth software or hardware event of the kernel's performance counters");
}
AVOCET_PLUGIN("probe.perf", "0.1.0", &factory)
