// SPDX-License-Identifier: Apache-2.0
//
// software and hardware: a program runs on each CPU after every COUNT events. Whether this machine counts an event at
// all is asked of the kernel when the probe is resolved, so that the refusal names the event and not an errno.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/provider.hpp"
#include "sysfs.hpp"

namespace avocet::perf {

inline constexpr std::array options = {
    option(AVOCET_OPTION_PATH, "devices_path", nullptr, "Directory to use instead of " AVOCET_PERF_DEVICES "."),
};

class PerfProvider final : public Provider {
public:
    PerfProvider(const Host&, const Options& values)
        : devices_(values.is_set("devices_path") ? values.text("devices_path") : AVOCET_PERF_DEVICES) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    std::string devices_;
};

}  // namespace avocet::perf
