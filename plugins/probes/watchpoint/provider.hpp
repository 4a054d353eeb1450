// SPDX-License-Identifier: Apache-2.0
//
// watchpoint: a perf event of type breakpoint. Addresses of the kernel are watched on every CPU; a user address means
// something in one process only, the one of -p or -c.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"

namespace avocet::watchpoint {

inline constexpr std::array<avocet_option, 0> options{};

class WatchpointProvider final : public Provider {
public:
    WatchpointProvider(const Host&, const Options&) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;
};

}  // namespace avocet::watchpoint
