// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.usdt.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::usdt::UsdtProvider, avocet::usdt::options>(
    "Static probes of programs and libraries (USDT, SDT notes)");
}
AVOCET_PLUGIN("probe.usdt", "0.1.0", &factory)
