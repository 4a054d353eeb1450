// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.uprobe.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::uprobe::UprobeProvider, avocet::uprobe::options>(
    "Functions of programs and libraries: entry, return, offset, address, source line");
}
AVOCET_PLUGIN("probe.uprobe", "0.1.0", &factory)
