// SPDX-License-Identifier: Apache-2.0
//
// The provider of uprobe and uretprobe.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"
#include "targets.hpp"

namespace avocet::uprobe {

inline constexpr std::array<avocet_option, 0> options{};

class UprobeProvider final : public Provider {
public:
    UprobeProvider(const Host& host, const Options&) : host_(host) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    bool has_feature(const char* name) const;
    Host host_;
    ElfCache cache_;
};

}  // namespace avocet::uprobe
