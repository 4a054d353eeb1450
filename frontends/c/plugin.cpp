// SPDX-License-Identifier: Apache-2.0
#include "avocet/plugin.hpp"
#include "frontend.hpp"

namespace {
constexpr auto factory =
    avocet::frontend_factory<avocet::c::CFrontend, avocet::c::frontend_options>("C: libbpf-style BPF programs");
}

AVOCET_PLUGIN("frontend.c", "0.1.0", &factory)
