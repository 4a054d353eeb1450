// SPDX-License-Identifier: Apache-2.0
#include "avocet/plugin.hpp"
#include "frontend.hpp"

namespace {
constexpr auto factory = avocet::frontend_factory<avocet::dsl::DslFrontend, avocet::dsl::frontend_options>(
    "The tracing language: bpftrace scripts and one-liners");
}

AVOCET_PLUGIN("frontend.dsl", "0.1.0", &factory)
