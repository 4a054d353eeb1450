// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.kprobe.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::kprobe::KprobeProvider, avocet::kprobe::options>(
    "Kernel functions: entry, return, and any instruction inside");
}
AVOCET_PLUGIN("probe.kprobe", "0.1.0", &factory)
