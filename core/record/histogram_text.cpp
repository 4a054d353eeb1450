// SPDX-License-Identifier: Apache-2.0
//
// The bars: label in 16 columns, count in 8, bar in 52, whose length is the integer part of 52 · count / largest.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "record/histogram.hpp"
#include "record/renderer.hpp"

namespace avocet::core {

namespace {

// Of the histograms of BCC: 1 holds 0 and 1, 2 holds 2 and 3, 3 holds 4 to 7.
uint32_t log2_slot(int64_t low) {
    uint32_t slot = 1;
    for (auto rest = static_cast<uint64_t>(low); rest > 1; rest >>= 1) ++slot;
    return slot;
}

}  // namespace

bool is_bcc_style(const avocet_type& type) { return type.format && std::string_view(type.format) == "bcc"; }

// As BCC's table module prints it, to the byte: from the first slot to the last that is not empty, the wide form from
// slot 33 on.
void append_bcc_histogram(const avocet_type& type, const avocet_value& value, std::string& out) {
    constexpr uint32_t last_narrow = 32;
    const bool linear = HistogramShape(type).linear();
    std::map<uint32_t, uint64_t> slots;
    uint64_t largest = 0;
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        if (!b.count) continue;
        slots[linear ? static_cast<uint32_t>(b.low) : log2_slot(b.low)] += b.count;
        largest = std::max(largest, b.count);
    }
    if (slots.empty()) return;
    const uint32_t last = slots.rbegin()->first;
    const bool wide = !linear && last > last_narrow;
    const size_t bar = wide ? 20 : 40;
    fmt::format_to(std::back_inserter(out), "{:{}}{:<{}} : count     distribution\n", "", wide ? 15 : 5,
                   type.unit ? type.unit : "value",
                   linear ? 13
                   : wide ? 29
                          : 19);
    for (uint32_t slot = linear ? 0 : 1; slot <= last; ++slot) {
        const auto found = slots.find(slot);
        const uint64_t count = found == slots.end() ? 0 : found->second;
        const uint64_t low = slot > 1 ? uint64_t{1} << (slot - 1) : 0, high = (low ? 2 * low : 2) - 1;
        if (linear)
            fmt::format_to(std::back_inserter(out), "        {:<10}", slot);
        else
            fmt::format_to(std::back_inserter(out), "{:>{}} -> {:<{}}", low, wide ? 20 : 10, high, wide ? 20 : 10);
        const auto stars = static_cast<size_t>(static_cast<unsigned __int128>(bar) * count / largest);
        fmt::format_to(std::back_inserter(out), " : {:<8} |{:<{}}|\n", count, std::string(stars, '*'), bar);
    }
}

void append_histogram(const avocet_type& type, const avocet_value& value, std::string& out) {
    constexpr uint64_t width = 52;
    HistogramShape shape(type);
    uint64_t largest = 0;
    for (uint32_t i = 0; i < value.count; ++i) largest = std::max(largest, value.v.buckets[i].count);
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        auto bar = largest ? static_cast<size_t>(static_cast<unsigned __int128>(width) * b.count / largest) : size_t{0};
        fmt::format_to(std::back_inserter(out), "{:<16}{:>8} |", shape.label(b), b.count);
        out.append(bar, '@');
        out.append(width - bar, ' ');
        out += "|\n";
    }
}

}  // namespace avocet::core
