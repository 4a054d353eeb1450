// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.tracepoint.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::tracepoint::TracepointProvider, avocet::tracepoint::options>(
    "Static kernel tracepoints, system calls among them, with their fields");
}
AVOCET_PLUGIN("probe.tracepoint", "0.1.0", &factory)
