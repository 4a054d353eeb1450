// SPDX-License-Identifier: Apache-2.0
//
// software and hardware: a program runs on each CPU after every COUNT events. Whether this machine counts an event at
// all is asked of the kernel when the probe is resolved, so that the refusal names the event and not an errno.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"

namespace avocet::perf {

inline constexpr std::array<avocet_option, 0> options{};

class PerfProvider final : public Provider {
public:
    PerfProvider(const Host&, const Options&) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;
};

}  // namespace avocet::perf
