// SPDX-License-Identifier: Apache-2.0
//
// printf: flags, widths, lengths and conversions, one fact each.
#include <gtest/gtest.h>

#include "record/printf_format.hpp"

namespace avocet::core {
namespace {

struct Arg {
    avocet_value value{};
    avocet_type type{};
    Arg(int64_t n) { set(AVOCET_VALUE_INT), value.v.i = n; }
    Arg(int n) : Arg(int64_t{n}) {}
    Arg(uint64_t n) { set(AVOCET_VALUE_UINT), value.v.u = n; }
    Arg(const char* s) { set(AVOCET_VALUE_STRING), value.v.text = s, value.count = static_cast<uint32_t>(strlen(s)); }
    static Arg bytes(std::string_view s) {
        Arg a(0);
        a.set(AVOCET_VALUE_BYTES), a.value.v.bytes = reinterpret_cast<const uint8_t*>(s.data()),
                                   a.value.count = static_cast<uint32_t>(s.size());
        return a;
    }
    static Arg of(avocet_value_kind kind, uint64_t n) {
        Arg a(n);
        a.set(kind);
        return a;
    }
    void set(avocet_value_kind kind) { value.kind = type.kind = kind, value.width = 8; }
};

std::string print(std::string_view format, std::vector<Arg> args) {
    ValueText text({}, "..");
    std::vector<avocet_field> fields;
    std::vector<avocet_value> values;
    for (const auto& a : args) fields.push_back({"", &a.type}), values.push_back(a.value);
    std::string out;
    PrintfFormat(format).append(fields, values.data(), text, out);
    return out;
}

TEST(Printf, LiteralText) {
    EXPECT_EQ(print("hi\n", {}), "hi\n");
    EXPECT_EQ(print("100%% %5%", {}), "100% %");
    EXPECT_EQ(print("%q %0-5d %", {}), "%q %0-5d %");
    EXPECT_EQ(print(std::string_view("a\0b", 3), {}), std::string("a\0b", 3));
}

TEST(Printf, IntegersAreCutToThirtyTwoBitsWithoutLength) {
    EXPECT_EQ(print("%d", {int64_t{4294967295}}), "-1");
    EXPECT_EQ(print("%u", {int64_t{-1}}), "4294967295");
    EXPECT_EQ(print("%x", {uint64_t{0x1234567890abcdef}}), "90abcdef");
    EXPECT_EQ(
        print("%ld %lld %jd %zd %td", {-5'000'000'000, -5'000'000'000, -5'000'000'000, -5'000'000'000, -5'000'000'000}),
        "-5000000000 -5000000000 -5000000000 -5000000000 -5000000000");
    EXPECT_EQ(print("%lu", {UINT64_MAX}), "18446744073709551615");
    EXPECT_EQ(print("%hd %hu %hhd %hhu %Ld", {65535, 65537, 255, 257, int64_t{1} << 32}), "-1 1 -1 1 0");
}

TEST(Printf, Flags) {
    EXPECT_EQ(print("[%5d|%-5d|%05d]", {42, 42, 42}), "[   42|42   |00042]");
    EXPECT_EQ(print("%05d", {-42}), "00-42");
    EXPECT_EQ(print("%-05d|", {42}), "42000|");
    EXPECT_EQ(print("%+d %+d %+d", {42, -42, 0}), "+42 -42 +0");
    EXPECT_EQ(print("% d", {42}), "42");
    EXPECT_EQ(print("%#x %#X %#o %#x", {255, 255, 8, 0}), "0xff 0XFF 010 0");
    EXPECT_EQ(print("%.3d %5.1s| %*d", {7, "abc", 9}), "7   abc| 9");
}

TEST(Printf, OtherConversions) {
    EXPECT_EQ(print("%c%c", {65, 0x142}), "AB");
    EXPECT_EQ(print("%p %p", {uint64_t{0xdeadbeef00}, uint64_t{0}}), "0xdeadbeef00 0");
    EXPECT_EQ(print("%o %X %i", {8, 0xabc, -1}), "10 ABC -1");
    EXPECT_EQ(print("%s %s", {-7, "x"}), "-7 x");
    EXPECT_EQ(print("%d %s", {Arg::of(AVOCET_VALUE_BOOL, 1), Arg::of(AVOCET_VALUE_BOOL, 1)}), "1 true");
    EXPECT_EQ(print("%d %s", {Arg::of(AVOCET_VALUE_POINTER, 16), Arg::of(AVOCET_VALUE_POINTER, 16)}), "16 0x10");
    EXPECT_EQ(print("%6s|%-6s|", {"abc", "abc"}), "   abc|abc   |");
}

TEST(Printf, Buffers) {
    EXPECT_EQ(print("%r", {Arg::bytes("a\\\n\xfe")}), "a\\\\x0a\\xfe");
    EXPECT_EQ(print("%rx", {Arg::bytes("a\n")}), "\\x61\\x0a");
    EXPECT_EQ(print("%rh", {Arg::bytes("\n\xfe")}), "0a fe");
    EXPECT_EQ(print("[%6rh]", {Arg::bytes("\n")}), "[    0a]");
}

TEST(Printf, EnumsByNameOrNumber) {
    avocet_value pair[2]{};
    pair[0].kind = AVOCET_VALUE_STRING, pair[0].count = 4, pair[0].v.text = "BLUE";
    pair[1].kind = AVOCET_VALUE_UINT, pair[1].v.u = 7;
    Arg named = Arg::of(AVOCET_VALUE_ENUM, 0);
    named.value.count = 2;
    named.value.v.items = pair;
    EXPECT_EQ(print("%s %d %s", {named, named, Arg::of(AVOCET_VALUE_ENUM, 9)}), "BLUE 7 9");
}

TEST(Printf, WidthOfACompositePadsItsFirstPiece) {
    avocet_value items[2]{};
    for (int i = 0; i < 2; ++i) items[i].kind = AVOCET_VALUE_INT, items[i].v.i = i;
    for (auto [kind, shown] : {std::pair(AVOCET_VALUE_TUPLE, "   (0, 1)"), std::pair(AVOCET_VALUE_ARRAY, "   [0,1]")}) {
        Arg a = Arg::of(static_cast<avocet_value_kind>(kind), 0);
        a.value.count = 2;
        a.value.v.items = items;
        EXPECT_EQ(print("%4s", {a}), shown);
    }
}

TEST(Printf, MissingArgumentsStayVisible) { EXPECT_EQ(print("%d and %5d", {1}), "1 and %5d"); }

TEST(Printf, AllocationFlags) {
    EXPECT_EQ(print("%gr", {0}), "0");
    EXPECT_EQ(print("%gr", {0xcc0}), "GFP_KERNEL");
    EXPECT_EQ(print("%gr", {0xdc0}), "GFP_KERNEL|__GFP_ZERO");
    EXPECT_EQ(print("%gr", {0x400cc0}), "GFP_KERNEL_ACCOUNT");
    EXPECT_EQ(print("%gr", {0x820}), "GFP_ATOMIC");
    EXPECT_EQ(print("%gr", {uint64_t{1} << 40}), "0x10000000000");
}

}  // namespace
}  // namespace avocet::core
