// SPDX-License-Identifier: Apache-2.0
//
// Numbers of aggregates: 64 bits that are signed or not.
#pragma once

#include <cstdint>

namespace avocet::core {

inline bool less(uint64_t a, uint64_t b, bool is_signed) {
    return is_signed ? static_cast<int64_t>(a) < static_cast<int64_t>(b) : a < b;
}

inline uint64_t quotient(uint64_t a, uint64_t b, bool is_signed) {
    if (b == 0) return 0;
    if (!is_signed || b > INT64_MAX) return is_signed ? 0 : a / b;
    return static_cast<uint64_t>(static_cast<int64_t>(a) / static_cast<int64_t>(b));
}

}  // namespace avocet::core
