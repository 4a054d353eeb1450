// SPDX-License-Identifier: Apache-2.0
//
// What is known only where a program runs: values of its .rodata variables, set before load.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "avocet/abi/backend.h"
#include "program/program.hpp"
#include "session/planner.hpp"

namespace avocet::core {

// Owns names and bytes; `list()` is valid until the next add.
class Constants {
public:
    template <class Integer>
    void add(std::string name, Integer value) {
        add_bytes(std::move(name), std::string(reinterpret_cast<const char*>(&value), sizeof value));
    }
    void add_bytes(std::string name, std::string bytes);
    const std::vector<avocet_constant>& list();

private:
    std::deque<std::pair<std::string, std::string>> values_;
    std::vector<avocet_constant> list_;
};

struct RunFacts {
    avocet_transport transport = AVOCET_TRANSPORT_RING;
    uint32_t filter_pid = 0, cpid = 0;
    uint32_t ring_count = 0;  // power of two, or 0: one ring
    bool stamp = false, warnings = false;
    uint64_t wake_bytes = 0, start_boot_ns = 0;
};

// Every well-known constant that the program has.
void add_run_constants(const Program& program, const RunFacts& facts, const PlanSet& plans, Constants& out);

// How many rings the program's events go to on this machine: a power of two, or 0 for the single ring.
uint32_t ring_count(const Program& program, uint32_t wanted);

// What the map avocet_locations holds, by attach id; empty: no target has locations of its own.
using TargetLocations = std::array<avocet_arg_location, AVOCET_MAX_LOCATIONS>;
std::vector<TargetLocations> target_locations(const PlanSet& plans);

// What the map avocet_names holds, by attach id: the first attach id of the same name.
std::vector<uint32_t> shared_names(const PlanSet& plans);

uint64_t clock_ns(int clock);  // CLOCK_*

}  // namespace avocet::core
