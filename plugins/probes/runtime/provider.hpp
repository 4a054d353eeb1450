// SPDX-License-Identifier: Apache-2.0
//
// Probes of the tracing process itself: `begin`, `end`, `self:signal:SIGUSR1`. Nothing is attached in the kernel; the
// host runs the program at that moment, in its own process.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"

namespace avocet::runtime {

inline constexpr std::array<avocet_option, 0> options{};

class RuntimeProvider final : public Provider {
public:
    RuntimeProvider(const Host&, const Options&) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;
};

}  // namespace avocet::runtime
