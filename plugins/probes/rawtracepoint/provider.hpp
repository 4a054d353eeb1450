// SPDX-License-Identifier: Apache-2.0
//
// The provider of rawtracepoint: `[MODULE:]EVENT`, with `*` in both; EVENT may be several names joined by `|`, which is
// how groups are named that no pattern of the user's covers.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"
#include "kernel_types.hpp"

namespace avocet::rawtracepoint {

inline constexpr std::array<avocet_option, 0> options{};

struct Pattern {
    std::string module, event;  // module empty: any
    bool wildcard() const { return has_wildcard(module) || has_wildcard(event); }
};

struct Target {
    std::string name;  // "rawtracepoint:vmlinux:sched_switch"; without module if the user named one event without it
    std::string event;
    const Module* module;
    const Tracepoint* tracepoint;
};

class RawTracepointProvider final : public Provider {
public:
    RawTracepointProvider(const Host& host, const Options&) : host_(host), kernel_(host) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    std::vector<Target> find(const Pattern& pattern);
    std::vector<Target> find_or_throw(const Pattern& pattern);
    bool has_cookie() const;
    Host host_;
    KernelTypes kernel_;
};

}  // namespace avocet::rawtracepoint
