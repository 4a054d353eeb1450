// SPDX-License-Identifier: Apache-2.0
//
// Buckets: every number must lie in the bucket that the documented forward rule gives it.
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "record/histogram.hpp"

namespace avocet::core {
namespace {

avocet_type log2_type(uint32_t bits) {
    avocet_type t{};
    t.hist_bits = bits;
    return t;
}

avocet_type linear_type(int64_t min, int64_t max, int64_t step) {
    avocet_type t{};
    t.hist_min = min, t.hist_max = max, t.hist_step = step;
    return t;
}

uint32_t bucket_of(int64_t n, uint32_t k) {  // sdk/docs/program.md, "Bucket numbers"
    if (n < 0) return 0;
    if (n < int64_t{2} << k) return static_cast<uint32_t>(1 + n);
    auto p = static_cast<uint32_t>(std::bit_width(static_cast<uint64_t>(n)) - 1);
    auto j = static_cast<uint32_t>((n >> (p - k)) - (1 << k));
    return 1 + (2u << k) + (p - k - 1) * (1u << k) + j;
}

TEST(Histogram, EveryNumberLiesInItsBucket) {
    std::mt19937_64 random(1);
    for (uint32_t k = 0; k <= 5; ++k) {
        avocet_type type = log2_type(k);
        HistogramShape shape(type);
        for (int i = 0; i < 20000; ++i) {
            auto n = static_cast<int64_t>(random() >> (1 + random() % 63));
            avocet_bucket b = shape.bucket(bucket_of(n, k));
            ASSERT_LE(b.low, n) << "bits " << k;
            ASSERT_TRUE(n < b.high || b.high == INT64_MAX) << "bits " << k << " number " << n;
        }
        EXPECT_EQ(bucket_of(INT64_MAX, k), shape.last_bucket());
    }
}

TEST(Histogram, Log2Labels) {
    avocet_type plain = log2_type(0), fine = log2_type(2);
    HistogramShape a(plain), b(fine);
    EXPECT_EQ(a.label(a.bucket(0)), "(..., 0)");
    EXPECT_EQ(a.label(a.bucket(1)), "[0]");
    EXPECT_EQ(a.label(a.bucket(3)), "[2, 4)");
    EXPECT_EQ(a.label(a.bucket(bucket_of(1023, 0))), "[512, 1K)");
    EXPECT_EQ(a.label(a.bucket(bucket_of(1 << 20, 0))), "[1M, 2M)");
    EXPECT_EQ(a.label(a.bucket(a.last_bucket())), "[4E, 8E)");
    EXPECT_EQ(b.label(b.bucket(bucket_of(7, 2))), "[7]");
    EXPECT_EQ(b.label(b.bucket(bucket_of(8, 2))), "[8, 10)");
    EXPECT_EQ(b.label(b.bucket(bucket_of(1024, 2))), "[1024, 1280)");  // 2^8 is what is left of it
    EXPECT_EQ(b.label(b.bucket(bucket_of(4096, 2))), "[4K, 5K)");
}

TEST(Histogram, LinearLabels) {
    avocet_type t = linear_type(10, 100, 30), kilo = linear_type(0, 4096, 1024), one = linear_type(0, 3, 1),
                ragged = linear_type(0, 10, 3);
    HistogramShape s(t), k(kilo), o(one), r(ragged);
    EXPECT_EQ(s.last_bucket(), 4u);
    EXPECT_EQ(s.label(s.bucket(0)), "(..., 10)");
    EXPECT_EQ(s.label(s.bucket(1)), "[10, 40)");
    EXPECT_EQ(s.label(s.bucket(4)), "[100, ...)");
    EXPECT_EQ(k.label(k.bucket(1)), "[0, 1K)");
    EXPECT_EQ(k.label(k.bucket(5)), "[4K, ...)");
    EXPECT_EQ(o.label(o.bucket(2)), "[1]");
    EXPECT_EQ(r.last_bucket(), 5u);
    EXPECT_EQ(r.label(r.bucket(4)), "[9, 12)");
}

}  // namespace
}  // namespace avocet::core
