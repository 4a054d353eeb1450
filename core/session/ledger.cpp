// SPDX-License-Identifier: Apache-2.0
//
// The loss ledger: one map under one lock. Losses are rare or come as totals, so this is never on a hot path.
#include "session/ledger.hpp"

namespace avocet::core {

uint64_t Ledger::add(const std::string& where, const std::string& cause, uint64_t count, bool record_lost) {
    std::lock_guard lock(mutex_);
    auto& entry = entries_.try_emplace({where, cause}, LossEntry{where, cause, 0, record_lost}).first->second;
    entry.record_lost |= record_lost;
    entry.count += count;
    return entry.count;
}

// A total that went backwards (a counter that was reset behind our back) keeps the larger one: what was lost stays
// lost.
uint64_t Ledger::set(const std::string& where, const std::string& cause, uint64_t total, bool record_lost) {
    std::lock_guard lock(mutex_);
    auto& entry = entries_.try_emplace({where, cause}, LossEntry{where, cause, 0, record_lost}).first->second;
    entry.record_lost |= record_lost;
    if (total <= entry.count) return 0;
    uint64_t grown = total - entry.count;
    entry.count = total;
    return grown;
}

std::vector<LossEntry> Ledger::entries() const {
    std::lock_guard lock(mutex_);
    std::vector<LossEntry> out;
    for (auto& [key, entry] : entries_)
        if (entry.count) out.push_back(entry);
    return out;
}

uint64_t Ledger::records_lost() const {
    std::lock_guard lock(mutex_);
    uint64_t sum = 0;
    for (auto& [key, entry] : entries_)
        if (entry.record_lost) sum += entry.count;
    return sum;
}

bool Ledger::empty() const {
    std::lock_guard lock(mutex_);
    for (auto& [key, entry] : entries_)
        if (entry.count) return false;
    return true;
}

}  // namespace avocet::core
