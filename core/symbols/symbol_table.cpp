// SPDX-License-Identifier: Apache-2.0
//
// Sorting and searching. Of several names of one place the public one is shown: `read`, not `__libc_read`.
#include "symbols/symbol_table.hpp"

#include <algorithm>

namespace avocet::core {

namespace {

size_t leading_underscores(std::string_view name) {
    size_t first = name.find_first_not_of('_');
    return first == std::string_view::npos ? name.size() : first;
}

}  // namespace

void SymbolTable::add(uint64_t address, uint64_t size, std::string_view name, uint8_t preference, uint32_t group) {
    if (names_.size() + name.size() > UINT32_MAX) return;  // 4 GiB of names: not a symbol table
    entries_.push_back(
        {address, size, static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(name.size()), group, preference});
    names_ += name;
}

bool SymbolTable::is_better(const Entry& a, const Entry& b) const {
    if ((a.size == 0) != (b.size == 0)) return a.size != 0;
    size_t ua = leading_underscores(name(a)), ub = leading_underscores(name(b));
    if (ua != ub) return ua < ub;
    if (a.preference != b.preference) return a.preference < b.preference;
    if (a.name_size != b.name_size) return a.name_size < b.name_size;
    return name(a) < name(b);
}

void SymbolTable::sort() {
    std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
        return a.address != b.address ? a.address < b.address : is_better(a, b);
    });
}

std::optional<SymbolTable::Found> SymbolTable::find(uint64_t address, uint64_t reach) const {
    auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                  [](uint64_t a, const Entry& e) { return a < e.address; });
    // The nearest start that covers it. Functions nest rarely (hand-written assembly): look a few starts back.
    int starts = 0;
    for (auto at = after; at != entries_.begin() && starts < 8;) {
        auto first = std::prev(at);
        while (first != entries_.begin() && std::prev(first)->address == first->address) --first;
        uint64_t offset = address - first->address;
        bool covers = first->size ? offset < first->size : starts == 0 && offset < reach;
        if (covers) return Found{name(*first), offset, first->group};
        at = first;
        ++starts;
    }
    return std::nullopt;
}

uint64_t SymbolTable::address_of(std::string_view wanted) const {
    for (const auto& entry : entries_)
        if (entry.name_size == wanted.size() && name(entry) == wanted) return entry.address;
    return 0;
}

}  // namespace avocet::core
