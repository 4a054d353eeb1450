// SPDX-License-Identifier: Apache-2.0
//
// How much str() reads, and when its result counts as truncated.
//
// Without a length the type has one byte to spare: max_strlen characters and a NUL. A text that fills them is shown
// with the trailer. With a length n at most n - 1 characters are kept, and that is what was asked for.
#pragma once

#include <algorithm>

#include "unit.hpp"

namespace avocet::dsl::lower {

inline uint64_t text_capacity(const CallExpr& str) {
    return str.type.maybe_truncated ? str.type.size
                                    : std::min<uint64_t>(str.number ? str.number : str.type.size, str.type.size);
}

// Whether a text of this type that leaves no room means truncation. 1024 and more have no byte to spare.
inline bool full_means_truncated(const Type& type, const Settings& settings) {
    return type.is_string() && type.maybe_truncated && type.size == settings.max_strlen + 1;
}

}  // namespace avocet::dsl::lower
