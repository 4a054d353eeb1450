// SPDX-License-Identifier: Apache-2.0
//
// Numbers and strings: each row of the reference's tables of literal forms.
#include "syntax/literals.hpp"

#include <gtest/gtest.h>

namespace avocet::dsl {
namespace {

struct Number {
    const char* text;
    uint64_t value;
};
class Accepted : public testing::TestWithParam<Number> {};
TEST_P(Accepted, Literal) {
    ConvertedInteger got = convert_integer(GetParam().text, false);
    EXPECT_EQ("", got.error) << GetParam().text;
    EXPECT_EQ(GetParam().value, got.value) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(Numbers, Accepted,
                         testing::Values(Number{"0", 0}, Number{"7", 7}, Number{"1_000_000", 1000000},
                                         Number{"1__0", 10}, Number{"0x1F", 31}, Number{"0Xff_ff", 65535},
                                         Number{"010", 8}, Number{"0777", 511}, Number{"00", 0}, Number{"0_7", 7},
                                         Number{"1e3", 1000}, Number{"9E18", 9000000000000000000u}, Number{"1u", 1},
                                         Number{"4294967295u", 4294967295u}, Number{"5ul", 5},
                                         Number{"18446744073709551615ull", UINT64_MAX},
                                         Number{"9223372036854775807l", INT64_MAX}, Number{"7ll", 7},
                                         Number{"18446744073709551615", UINT64_MAX},
                                         Number{"0xffffffffffffffff", UINT64_MAX}, Number{"3ns", 3},
                                         Number{"4us", 4000}, Number{"2ms", 2000000}, Number{"1s", 1000000000},
                                         Number{"1m", 60000000000u}, Number{"1h", 3600000000000u},
                                         Number{"1d", 86400000000000u}, Number{"0s", 0}, Number{"1e3us", 1000000}));

struct Refusal {
    const char* text;
    const char* error;
};
class Refused : public testing::TestWithParam<Refusal> {};
TEST_P(Refused, Literal) { EXPECT_EQ(GetParam().error, convert_integer(GetParam().text, false).error); }
INSTANTIATE_TEST_SUITE_P(
    Numbers, Refused,
    testing::Values(
        Refusal{"1_", "trailing underscore in integer literal"},
        Refusal{"0x_", "trailing underscore in integer literal"}, Refusal{"0x", "invalid trailing bytes: 0x"},
        Refusal{"08", "invalid trailing bytes: 08"}, Refusal{"0128", "invalid trailing bytes: 0128"},
        Refusal{"10UL", "invalid trailing bytes: 10UL"}, Refusal{"5xyz", "invalid integer suffix 'xyz'"},
        Refusal{"0b101", "invalid trailing bytes: 0b101"},
        Refusal{"10e3", "coefficient part of scientific literal must be 1-9: 10e3"},
        Refusal{"0e3", "coefficient part of scientific literal must be 1-9: 0e3"},
        Refusal{"1e03", "exponent of scientific literal must not begin with 0: 1e03"},
        Refusal{"4294967296u", "overflow error, maximum value is 4294967295: 4294967296u"},
        Refusal{"9223372036854775808l", "overflow error, maximum value is 9223372036854775807: 9223372036854775808l"},
        Refusal{"18446744073709551616", "overflow error, maximum value is 18446744073709551615: 18446744073709551616"},
        Refusal{"0x10000000000000000", "overflow error, maximum value is 18446744073709551615: 0x10000000000000000"},
        Refusal{"2e19", "overflow error, maximum value is 18446744073709551615: 2e19"},
        Refusal{"1e99999999999999999999",
                "overflow error, maximum value is 18446744073709551615: 1e99999999999999999999"},
        Refusal{"300000d", "overflow error, maximum value is 18446744073709551615: 300000d"}));

TEST(Parameter, ConvertsWhatAScriptCannotWrite) {
    bool negative = false;
    EXPECT_EQ(5u, convert_parameter("0b101", negative));
    EXPECT_EQ(5000000000u, convert_parameter("5s", negative));
    EXPECT_FALSE(negative);
    EXPECT_EQ(static_cast<uint64_t>(-12), convert_parameter("-12", negative));
    EXPECT_TRUE(negative);
    EXPECT_EQ(uint64_t{1} << 63, convert_parameter("-9223372036854775808", negative));
    EXPECT_EQ(0u, convert_parameter("-0", negative));
    EXPECT_FALSE(negative);
    EXPECT_FALSE(convert_parameter("-9223372036854775809", negative));
    for (const char* text : {"", "-", "abc", "--5", "5 ", "1.5", "+5", "0x", "0xg"})
        EXPECT_FALSE(convert_parameter(text, negative)) << text;
}

TEST(String, ResolvesEscapes) {
    auto value = [](std::string_view text) {
        ConvertedString got = convert_string(text);
        EXPECT_EQ("", got.error) << text;
        return got.value;
    };
    EXPECT_EQ("a\n\t\r\"\\b", value(R"(a\n\t\r\"\\b)"));
    EXPECT_EQ(std::string("\0\7\1778", 4), value(R"(\0\7\1778)"));
    EXPECT_EQ(std::string("\x1f\0g\xff", 4), value(R"(\x1f\X0g\xFF)"));
    EXPECT_EQ("Aa", value(R"(\x41a)"));
    EXPECT_EQ("\377", value(R"(\377)"));
}

TEST(String, NamesTheBadEscape) {
    EXPECT_EQ("octal escape sequence out of range '\\400'", convert_string(R"(ab\400)").error);
    EXPECT_EQ(2u, convert_string(R"(ab\400)").error_offset);
    EXPECT_EQ(4u, convert_string(R"(ab\400)").error_length);
    EXPECT_EQ("invalid hex escape sequence '\\x'", convert_string(R"(\xzz)").error);
    EXPECT_EQ("invalid escape character '\\q'", convert_string(R"(\q)").error);
}

TEST(String, QuotingIsUndoneByReading) {
    std::string all;
    for (int c = 0; c < 256; c++) all += static_cast<char>(c);
    all += "0f";  // digits behind an escape stay digits
    std::string quoted = quote_string(all);
    EXPECT_EQ(all, convert_string(std::string_view(quoted).substr(1, quoted.size() - 2)).value);
    EXPECT_EQ(std::string::npos, quoted.find('\n'));
}

}  // namespace
}  // namespace avocet::dsl
