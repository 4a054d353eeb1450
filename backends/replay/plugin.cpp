// SPDX-License-Identifier: Apache-2.0
//
// backend.replay: plays what a session recorded.
#include "avocet/plugin.hpp"

#include "backend.hpp"

namespace {

constexpr avocet_backend_factory factory =
    avocet::backend_factory<avocet::replay::ReplayBackend, avocet::replay::schema>(
        "plays a recording: no privileges, no kernel");

}  // namespace

AVOCET_PLUGIN("backend.replay", "0.1.0", &factory)
