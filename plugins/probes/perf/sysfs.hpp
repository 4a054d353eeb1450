// SPDX-License-Identifier: Apache-2.0
//
// Raw events by the names of the machine: the kernel describes each PMU in a folder of /sys/bus/event_source/devices.
//
//   type              the number for perf_event_attr.type
//   format/event      "config:0-7,32-35": which bits of which word the term `event=` fills, lowest first
//   events/cache-misses   "event=0x2e,umask=0x41": an event's name for a list of terms
//
// An event is written as perf writes it: `PMU/term,term=0x1/`. A term without value is an event's name, or a flag that
// is set to 1. See Documentation/ABI/testing/sysfs-bus-event_source-devices-{format,events}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::perf {

#define AVOCET_PERF_DEVICES "/sys/bus/event_source/devices"

struct RawEvent {
    uint32_t type = 0;
    uint64_t config[3] = {};  // config, config1, config2
};

// "r1a8": a number of the processor's manual, in hex.
bool is_raw_number(std::string_view text);
RawEvent raw_number(const std::string& text, const std::string& devices);

// "cpu/event=0x3c,umask=0/".
bool is_pmu_event(std::string_view text);
RawEvent pmu_event(const std::string& text, const std::string& devices);  // throws Error: which word is wrong

// Named events of all PMUs: "cpu/cache-misses/", sorted.
std::vector<std::string> pmu_event_names(const std::string& devices);

}  // namespace avocet::perf
