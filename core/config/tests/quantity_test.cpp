// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "config/config.hpp"

namespace avocet::core {
namespace {

TEST(size, units) {
    EXPECT_EQ(parse_size("0"), 0);
    EXPECT_EQ(parse_size("512"), 512);
    EXPECT_EQ(parse_size("64k"), 65536);
    EXPECT_EQ(parse_size("64 KiB"), 65536);
    EXPECT_EQ(parse_size("100MiB"), 100 << 20);
    EXPECT_EQ(parse_size("1M"), 1 << 20);
    EXPECT_EQ(parse_size("1MB"), 1'000'000);
    EXPECT_EQ(parse_size("2GiB"), int64_t{2} << 30);
    EXPECT_EQ(parse_size("1.5KiB"), 1536);
    EXPECT_EQ(parse_size("9223372036854775807"), INT64_MAX);
}

TEST(size, malformed) {
    for (const char* text : {"", " ", "k", "-1", "+1", "1x", "1 k k", "1k ", "1.k", ".5k", "1.3", "0x10",
                             "9223372036854775808", "9999999999TiB", "8796093022208MiB", "1e3", "1KiB2"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(duration, units) {
    EXPECT_EQ(parse_duration_ns("0"), 0);
    EXPECT_EQ(parse_duration_ns("7ns"), 7);
    EXPECT_EQ(parse_duration_ns("5us"), 5'000);
    EXPECT_EQ(parse_duration_ns("5\u00b5s"), 5'000);
    EXPECT_EQ(parse_duration_ns("250ms"), 250'000'000);
    EXPECT_EQ(parse_duration_ns("0.5s"), 500'000'000);
    EXPECT_EQ(parse_duration_ns("1m"), 60'000'000'000);
    EXPECT_EQ(parse_duration_ns("1h30m"), 5'400'000'000'000);
    EXPECT_EQ(parse_duration_ns("1d"), 86'400'000'000'000);
}

TEST(duration, malformed) {
    for (const char* text : {"", "5", "s", "-1s", "1s1", "1 fortnight", "0.5ns", "106752d", "100000d100000d", "1..5s"})
        EXPECT_EQ(parse_duration_ns(text), std::nullopt) << text;
}

}  // namespace
}  // namespace avocet::core
