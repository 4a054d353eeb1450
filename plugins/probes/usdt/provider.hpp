// SPDX-License-Identifier: Apache-2.0
//
// The provider of usdt.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"
#include "targets.hpp"

namespace avocet::usdt {

inline constexpr std::array<avocet_option, 0> options{};

class UsdtProvider final : public Provider {
public:
    UsdtProvider(const Host& host, const Options&) : host_(host) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    Host host_;
    NotesCache cache_;
};

}  // namespace avocet::usdt
