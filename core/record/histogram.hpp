// SPDX-License-Identifier: Apache-2.0
//
// Bucket numbers back to ranges, and ranges to labels. The numbering is in sdk/docs/program.md ("Bucket numbers").
#pragma once

#include <string>

#include "avocet/abi/record.h"

namespace avocet::core {

// Foreign power-of-two histograms count 0 and 1 in one bucket: the number of [1, 2), which begins at 0 there.
inline constexpr uint32_t foreign_first_bucket = 2;

class HistogramShape {
public:
    explicit HistogramShape(const avocet_type& type) : type_(type) {}
    bool linear() const { return type_.hist_step > 0; }
    uint32_t last_bucket() const;
    // Bounds of a bucket, count 0. A bound of 2^63 cannot be written down: it is INT64_MAX, which no other bucket has.
    avocet_bucket bucket(uint32_t number) const;
    // "[4, 8)", "[5]", "(..., 0)".
    std::string label(const avocet_bucket& bucket) const;

private:
    std::string bound(uint64_t number) const;
    const avocet_type& type_;
};

}  // namespace avocet::core
