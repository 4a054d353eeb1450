// SPDX-License-Identifier: Apache-2.0
//
// The two SDK headers every provider uses: nearest names and numbers in specs.
#include <gtest/gtest.h>

#include <vector>

#include "avocet/nearest.hpp"
#include "avocet/number.hpp"

using namespace avocet;

TEST(Nearest, finds_typos_and_nothing_else) {
    std::vector<std::string> names{"vfs_read", "vfs_write", "sched_switch"};
    EXPECT_EQ(nearest("vfs_raed", names), "vfs_read");
    EXPECT_EQ(nearest("sched_swich", names), "sched_switch");
    EXPECT_EQ(nearest("zzz", names), "");
    EXPECT_EQ(nearest_hint("vfs_raed", names), "did you mean 'vfs_read'?");
    EXPECT_EQ(nearest("x", std::vector<std::string>{}), "");
}

TEST(Nearest, distance_is_bounded) {
    EXPECT_EQ(edit_distance("abc", "abc", 3), 0u);
    EXPECT_EQ(edit_distance("abc", "acb", 3), 1u);
    EXPECT_EQ(edit_distance("abc", "xyz", 2), 3u);
    EXPECT_EQ(edit_distance("", "abcd", 2), 3u);
}

TEST(SpecNumber, bases_separators_and_exponents) {
    EXPECT_EQ(parse_number("99")->value, 99u);
    EXPECT_EQ(parse_number("0x1139")->value, 0x1139u);
    EXPECT_EQ(parse_number("0b101")->value, 5u);
    EXPECT_EQ(parse_number("010")->value, 8u);
    EXPECT_EQ(parse_number("1_000")->value, 1000u);
    EXPECT_EQ(parse_number("1e6")->value, 1000000u);
    EXPECT_EQ(parse_number("18446744073709551615")->value, UINT64_MAX);
    EXPECT_EQ(parse_number("10ul")->value, 10u);
    EXPECT_EQ(parse_number("0")->value, 0u);
}

TEST(SpecNumber, durations_are_nanoseconds) {
    EXPECT_EQ(parse_number("2ms")->value, 2000000u);
    EXPECT_TRUE(parse_number("2ms")->is_duration);
    EXPECT_EQ(parse_number("1d")->value, 86400000000000u);
    EXPECT_FALSE(parse_number("5")->is_duration);
}

TEST(SpecNumber, refuses_what_is_not_one) {
    for (const char* text : {"", "x", "-1", "08", "1_", "0x", "0xg", "12e3", "1e", "10xyz", "18446744073709551616",
                             "9e19999", "0x10u", "_1", "99999999999h", "1 "})
        EXPECT_FALSE(parse_number(text)) << text;
}
