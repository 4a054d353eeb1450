// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace avocet::dsl::lower {

// Frames are per-CPU map values, which the kernel limits (PCPU_MIN_UNIT_SIZE).
constexpr uint64_t largest_frame = 32768;

}  // namespace avocet::dsl::lower
