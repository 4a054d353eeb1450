// SPDX-License-Identifier: Apache-2.0
//
// What processes have mapped as code, told to the file when an address of theirs is first seen: /proc/PID/maps, read
// again when an address lies in none of it. Of a process that is gone, the host knows more (short-lived ones are
// watched): then the page of that address alone.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "avocet/abi/record.h"
#include "perf_file.hpp"

namespace avocet::perfdata {

class Mappings {
public:
    Mappings(PerfFile& file, const avocet_host_symbols* symbols) : file_(file), symbols_(symbols) {}

    // Before a sample that names this address of the process.
    void cover(uint32_t pid, uint64_t address, uint64_t time_ns);
    // Its name now; empty: it is gone.
    static std::string comm_of(uint32_t pid);

private:
    struct Process {
        std::map<uint64_t, uint64_t> ranges;  // end -> start
        unsigned reads = 0;
    };
    bool read(uint32_t pid, Process& process, uint64_t time_ns);
    void add(uint32_t pid, Process& process, const Mapped& mapping, uint64_t time_ns);
    void ask_host(uint32_t pid, Process& process, uint64_t address, uint64_t time_ns);

    PerfFile& file_;
    const avocet_host_symbols* symbols_;
    std::unordered_map<uint32_t, Process> processes_;
    std::set<std::string> identified_;  // files whose build-id was looked for
};

// Build-id of an ELF file; empty: none, or not readable.
std::string build_id_of(const std::string& path);

}  // namespace avocet::perfdata
