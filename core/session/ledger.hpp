// SPDX-License-Identifier: Apache-2.0
//
// The loss ledger: every loss by probe (or function, route, sink) and cause. [thread: any]
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace avocet::core {

struct LossEntry {
    std::string where, cause;  // "tracepoint:syscalls:sys_enter_openat", "ring full"
    uint64_t count = 0;
    bool record_lost = false;  // an output record is missing (not merely shortened)
};

class Ledger {
public:
    // Adds; returns the new total of this entry.
    uint64_t add(const std::string& where, const std::string& cause, uint64_t count, bool record_lost);
    // Sets an absolute total; returns by how much it grew.
    uint64_t set(const std::string& where, const std::string& cause, uint64_t total, bool record_lost);
    std::vector<LossEntry> entries() const;  // non-zero, sorted by where then cause
    uint64_t records_lost() const;
    bool empty() const;

private:
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, LossEntry> entries_;
};

}  // namespace avocet::core
