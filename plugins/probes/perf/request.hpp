// SPDX-License-Identifier: Apache-2.0
//
// `EVENT`, `EVENT:COUNT`, `EVENT:hz:RATE` or `KEY=VALUE,...` (keys.hpp): text to what perf_event_open(2) wants.
#pragma once

#include <string>

#include "avocet/provider.hpp"
#include "sysfs.hpp"

namespace avocet::perf {

inline bool is_hardware(const ProbeSpec& spec) { return spec.kind == "hardware"; }

struct Request {
    RawEvent event;
    std::string event_name;  // of the table; else as written
    uint64_t count = 0;      // events between two samples, or samples per second
    bool is_rate = false;
    int32_t cpu = -1, pid = -1;  // -1: not said
    std::string name;            // of the attach point
};

// `devices`: where PMUs are described. Throws Error.
Request parse_request(const ProbeSpec& spec, const std::string& devices);

}  // namespace avocet::perf
