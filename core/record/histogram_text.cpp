// SPDX-License-Identifier: Apache-2.0
//
// The bars: label in 16 columns, count in 8, bar in 52, whose length is the integer part of 52 · count / largest.
#include <algorithm>

#include <fmt/format.h>

#include "record/histogram.hpp"
#include "record/renderer.hpp"

namespace avocet::core {

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
