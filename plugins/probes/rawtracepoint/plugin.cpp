// SPDX-License-Identifier: Apache-2.0
//
// Descriptor of probe.rawtracepoint.
#include "avocet/plugin.hpp"
#include "provider.hpp"

namespace {
constexpr auto factory =
    avocet::provider_factory<avocet::rawtracepoint::RawTracepointProvider, avocet::rawtracepoint::options>(
        "Kernel tracepoints with the arguments of the kernel's own call, typed through BTF");
}
AVOCET_PLUGIN("probe.rawtracepoint", "0.1.0", &factory)
