// SPDX-License-Identifier: Apache-2.0
//
// With k = hist_bits there are 2^k buckets for each power of two. Labels above 2·2^k are scaled by the power of two
// that is left when 2^k is taken out, which is why `1024` has no suffix at k = 2.
#include "record/histogram.hpp"

#include <bit>

#include <fmt/format.h>

namespace avocet::core {

namespace {
constexpr uint32_t no_low = 1, no_high = 2;
constexpr uint64_t two_63 = 1ull << 63;
}  // namespace

uint32_t HistogramShape::last_bucket() const {
    if (linear()) {
        uint64_t range = static_cast<uint64_t>(type_.hist_max) - static_cast<uint64_t>(type_.hist_min);
        auto step = static_cast<uint64_t>(type_.hist_step);
        return static_cast<uint32_t>(1 + range / step + (range % step != 0));
    }
    uint32_t k = type_.hist_bits;
    return 1 + (2u << k) + (62 - k) * (1u << k) - 1;
}

avocet_bucket HistogramShape::bucket(uint32_t number) const {
    avocet_bucket b{};
    if (linear()) {
        if (number == 0)
            b.high = type_.hist_min, b.flags = no_low;
        else if (number >= last_bucket())
            b.low = type_.hist_max, b.flags = no_high;
        else {
            b.low = type_.hist_min + (static_cast<int64_t>(number) - 1) * type_.hist_step;
            if (__builtin_add_overflow(b.low, type_.hist_step, &b.high)) b.high = INT64_MAX;
        }
        return b;
    }
    uint32_t k = type_.hist_bits, plain = 2u << k;
    if (number == 0) {
        b.flags = no_low;
        return b;
    }
    uint32_t n = number - 1;
    if (n < plain) {
        b.low = n;
        b.high = n + 1;
        return b;
    }
    uint32_t power = (n - plain) / (1u << k) + 1, interval = (n - plain) % (1u << k);
    b.low = static_cast<int64_t>((uint64_t{1u << k} + interval) << power);
    uint64_t high = (uint64_t{1u << k} + interval + 1) << power;
    b.high = high >= two_63 ? INT64_MAX : static_cast<int64_t>(high);
    return b;
}

std::string HistogramShape::bound(uint64_t number) const {
    if (linear()) {
        if (type_.hist_step % 1024 != 0 || number == 0) return fmt::to_string(static_cast<int64_t>(number));
        if (number % 1048576 == 0) return fmt::format("{}M", static_cast<int64_t>(number) / 1048576);
        if (number % 1024 == 0) return fmt::format("{}K", static_cast<int64_t>(number) / 1024);
        return fmt::to_string(static_cast<int64_t>(number));
    }
    uint64_t plain = 2ull << type_.hist_bits;
    if (number < plain) return fmt::to_string(number);
    auto power = static_cast<unsigned>(std::bit_width(number) - 1) - type_.hist_bits;
    unsigned decade = power / 10;
    std::string text = fmt::to_string(number >> (10 * decade));
    if (decade) text += "\0KMGTPE"[decade];
    return text;
}

std::string HistogramShape::label(const avocet_bucket& b) const {
    uint64_t low = static_cast<uint64_t>(b.low), high = b.high == INT64_MAX ? two_63 : static_cast<uint64_t>(b.high);
    if (b.flags & no_low) return fmt::format("(..., {})", bound(high));
    if (b.flags & no_high) return fmt::format("[{}, ...)", bound(low));
    std::string from = bound(low);
    bool plain = linear() ? from.back() != 'K' && from.back() != 'M' : low < (2ull << type_.hist_bits);
    if (plain && low + 1 == high) return fmt::format("[{}]", from);
    return fmt::format("[{}, {})", from, bound(high));
}

}  // namespace avocet::core
