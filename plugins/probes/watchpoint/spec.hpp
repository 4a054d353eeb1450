// SPDX-License-Identifier: Apache-2.0
//
// `watchpoint:ADDRESS:LENGTH:MODE`: text to what perf_event_open(2) wants of a breakpoint. Pure.
#pragma once

#include <string>

#include "avocet/provider.hpp"

namespace avocet::watchpoint {

struct Watch {
    uint64_t address = 0;
    uint32_t length = 0;
    uint32_t mode = 0;      // HW_BREAKPOINT_*
    std::string mode_text;  // as written
    std::string name() const;
};

Watch parse_watch(const ProbeSpec& spec);  // throws Error

}  // namespace avocet::watchpoint
