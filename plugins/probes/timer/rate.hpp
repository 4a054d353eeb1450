// SPDX-License-Identifier: Apache-2.0
//
// The text of a rate: `hz:99`, `s:1`, `ms:10`, `us:100`, or one number alone in nanoseconds, which is kept in
// microseconds: `interval:1s` is `interval:us:1000000`.
#pragma once

#include <cstdint>
#include <string>

#include "avocet/provider.hpp"

namespace avocet::timer {

struct Rate {
    std::string unit;    // "hz", "s", "ms", "us"
    uint64_t count = 0;  // of the unit
    uint64_t hz = 0;     // 0: a period
    uint64_t period_ns = 0;
    std::string name(const std::string& kind) const { return kind + ":" + unit + ":" + std::to_string(count); }
};

// Throws avocet::Error.
Rate parse_rate(const ProbeSpec& spec);

}  // namespace avocet::timer
