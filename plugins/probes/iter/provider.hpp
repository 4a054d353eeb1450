// SPDX-License-Identifier: Apache-2.0
//
// The provider of iter: `NAME`, or `NAME:PIN` for an iterator that stays as a file and runs whenever it is read.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"
#include "kinds.hpp"

namespace avocet::iter {

inline constexpr std::array<avocet_option, 0> options{};

class IterProvider final : public Provider {
public:
    IterProvider(const Host& host, const Options&) : kinds_(host) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    Error unknown(const std::string& name);
    Kinds kinds_;
};

}  // namespace avocet::iter
