// SPDX-License-Identifier: Apache-2.0
//
// Names by address: what kallsyms, ELF symbol tables and perf maps all become. Compact, sorted once, then searched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::core {

class SymbolTable {
public:
    struct Found {
        std::string_view name;  // valid as long as the table
        uint64_t offset;        // from the symbol's start
        uint32_t group;         // what add() was given
    };

    // `preference`: of several names of one address the one with the smallest is shown; ties by shape of the name.
    // size 0: not known, the symbol reaches to the next one.
    void add(uint64_t address, uint64_t size, std::string_view name, uint8_t preference = 0, uint32_t group = 0);
    // Call once after the last add.
    void sort();
    // `reach`: how far a symbol of unknown size may reach at most.
    std::optional<Found> find(uint64_t address, uint64_t reach = UINT64_MAX) const;
    // 0: no such name.
    uint64_t address_of(std::string_view name) const;
    size_t size() const { return entries_.size(); }

private:
    struct Entry {
        uint64_t address, size;
        uint32_t name_at, name_size, group;
        uint8_t preference;
    };
    std::string_view name(const Entry& e) const { return std::string_view(names_).substr(e.name_at, e.name_size); }
    bool is_better(const Entry& a, const Entry& b) const;

    std::string names_;
    std::vector<Entry> entries_;
};

}  // namespace avocet::core
