// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.runtime.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::runtime::RuntimeProvider, avocet::runtime::options>(
    "Start, end and signals of the tracer itself, tests and benches of a script");
}
AVOCET_PLUGIN("probe.runtime", "0.1.0", &factory)
