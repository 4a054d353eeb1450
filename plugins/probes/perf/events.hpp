// SPDX-License-Identifier: Apache-2.0
//
// Events of the perf subsystem by name, with how many of them make one sample unless the user says otherwise.
// See perf_event_open(2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace avocet::perf {

struct Event {
    const char* name;
    const char* alias;  // nullptr: none
    uint32_t type;      // PERF_TYPE_*
    uint64_t config;
    uint64_t default_count;
};

// Sorted by name.
std::span<const Event> events(bool hardware);
// By name or alias, nullptr if there is none.
const Event* find_event(bool hardware, std::string_view name);

}  // namespace avocet::perf
