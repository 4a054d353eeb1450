// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.hook.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory = avocet::provider_factory<avocet::hook::HookProvider, avocet::hook::options>(
    "Places where a C program's result decides: security hooks, and functions whose result it replaces");
}
AVOCET_PLUGIN("probe.hook", "0.1.0", &factory)
