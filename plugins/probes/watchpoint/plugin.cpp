// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.watchpoint.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::watchpoint::WatchpointProvider, avocet::watchpoint::options>(
    "Reads, writes and execution of one address, by the processor's debug registers");
}
AVOCET_PLUGIN("probe.watchpoint", "0.1.0", &factory)
