// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.iter.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::iter::IterProvider, avocet::iter::options>(
    "Iterators: a program runs once over all tasks, maps, sockets ... of the kernel");
}
AVOCET_PLUGIN("probe.iter", "0.1.0", &factory)
