// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.fentry.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::fentry::FentryProvider, avocet::fentry::options>(
    "Kernel functions and BPF programs with typed arguments and results");
}
AVOCET_PLUGIN("probe.fentry", "0.1.0", &factory)
