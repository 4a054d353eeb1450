// SPDX-License-Identifier: Apache-2.0
//
// profile: the kernel's per-CPU software clock samples whatever runs. interval: a timer of the tracing process, which
// needs no attach and costs the system nothing between ticks.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"

namespace avocet::timer {

inline constexpr std::array<avocet_option, 0> options{};

class TimerProvider final : public Provider {
public:
    TimerProvider(const Host&, const Options&) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;
};

}  // namespace avocet::timer
