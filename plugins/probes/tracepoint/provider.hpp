// SPDX-License-Identifier: Apache-2.0
//
// The provider of `tracepoint`. Matching is in targets, files in tracefs, layouts in describe.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"
#include "targets.hpp"
#include "tracefs.hpp"

namespace avocet::tracepoint {

inline constexpr std::array<avocet_option, 1> options{
    option(AVOCET_OPTION_PATH, "tracefs_path", nullptr, "Directory to use instead of the mounted tracefs."),
};

class TracepointProvider final : public Provider {
public:
    TracepointProvider(const Host& host, const Options& values);
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    TraceFs tracefs_;
};

// Groups of `targets`, which `pattern` matched. In describe.cpp.
void emit_groups(TraceFs& tracefs, const ProbeSpec& spec, const Pattern& pattern, const std::vector<Target>& targets,
                 bool with_args, const Emit& emit);

}  // namespace avocet::tracepoint
