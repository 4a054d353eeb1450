// SPDX-License-Identifier: Apache-2.0
//
// The provider of fentry and fexit. Specs and functions are in targets.
#pragma once

#include <array>

#include "avocet/function_types.hpp"
#include "avocet/kernel_functions.hpp"
#include "avocet/options.hpp"
#include "avocet/provider.hpp"

namespace avocet::fentry {

inline constexpr std::array<avocet_option, 2> options{
    option(AVOCET_OPTION_PATH, "functions_file", nullptr,
           "List of the functions that can be traced, instead of tracefs's available_filter_functions."),
    option(AVOCET_OPTION_PATH, "symbols_file", nullptr, "Kernel symbols, instead of /proc/kallsyms."),
};

class FentryProvider final : public Provider {
public:
    FentryProvider(const Host& host, const Options& values);
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    bool has_feature(const char* name) const;
    Host host_;
    KernelFunctions kernel_;
    FunctionTypes types_;
};

}  // namespace avocet::fentry
