// SPDX-License-Identifier: Apache-2.0
//
// What parses, and what is said of what does not.
#include "route/expression.hpp"

#include <gtest/gtest.h>

namespace avocet::core {
namespace {

TEST(expression, good_ones) {
    for (const char* text :
         {"pid == 12", "pid", "!pid", "!(pid == 1 || comm ~ \"a*\") && size >= 1.5MiB", "key.0 < -3", "key[0] != 'x'",
          "comm =~ '^ng[a-z]+$'", "latency > 10ms && latency <= 1h", "`odd name`.x == 0xff", "12 < pid",
          "a == 1 && b == 2 && c == 3 || d", "comm !~ \"*\\\"*\"", "@x == 1", "18446744073709551615 == size"}) {
        ExpressionError error;
        EXPECT_TRUE(parse_expression(text, error)) << text << ": " << error.message;
    }
}

TEST(expression, numbers_have_units) {
    for (auto [text, value] : {std::pair("x == 64KiB", int64_t{65536}), std::pair("x == 64k", int64_t{65536}),
                               std::pair("x == 250ms", int64_t{250'000'000}), std::pair("x == 2kB", int64_t{2000}),
                               std::pair("x == -5", int64_t{-5}), std::pair("x == 0x1F", int64_t{31}),
                               std::pair("x == 2min", int64_t{120'000'000'000})}) {
        ExpressionError error;
        auto e = parse_expression(text, error);
        ASSERT_TRUE(e) << text << ": " << error.message;
        EXPECT_EQ(static_cast<int64_t>(e->right.value), value) << text;
    }
}

TEST(expression, precedence) {
    ExpressionError error;
    auto e = parse_expression("a || b && !c", error);
    ASSERT_TRUE(e);
    ASSERT_EQ(e->kind, Expression::either);
    ASSERT_EQ(e->parts[1].kind, Expression::both);
    EXPECT_EQ(e->parts[1].parts[1].kind, Expression::negation);
}

TEST(expression, bad_ones_with_their_place) {
    struct Case {
        const char* text;
        size_t at;
        const char* message;
    };
    for (const auto& [text, at, message] :
         {Case{"", 0, "ends too early"}, Case{"pid = 12", 4, "'=' is no comparison"},
          Case{"pid ==", 6, "ends too early"}, Case{"(pid == 1", 0, "this bracket is not closed"},
          Case{"pid == 1)", 8, "does not go on like this"}, Case{"comm == \"a", 8, "this quote is not closed"},
          Case{"comm ~ 12", 7, "a pattern is text in quotes"}, Case{"size > 5m", 7, "'5m' is not a number"},
          Case{"size > 5parsec", 7, "'5parsec' is not a number"}, Case{"12", 0, "is not a condition"},
          Case{"pid == 1 && ", 12, "ends too early"}, Case{"a.b. == 1", 4, "a name is missing here"},
          Case{"key[0 == 1", 3, "this bracket is not closed"}, Case{"pid == 1 comm", 9, "does not go on like this"},
          Case{"a && && b", 5, "a condition is missing here"}, Case{"$x == 1", 0, "'$' is unexpected"}}) {
        ExpressionError error;
        EXPECT_FALSE(parse_expression(text, error)) << text;
        EXPECT_EQ(error.at, at) << text;
        EXPECT_EQ(error.message, message) << text;
    }
    ExpressionError error;
    EXPECT_FALSE(parse_expression("comm =~ \"(\"", error));
    EXPECT_NE(error.message.find("the regular expression does not parse"), std::string::npos) << error.message;
    EXPECT_EQ(error.at, 8u);
}

TEST(expression, depth_is_bounded) {
    ExpressionError error;
    EXPECT_FALSE(parse_expression(std::string(100000, '('), error));
    EXPECT_EQ(error.message, "is nested too deeply");
    EXPECT_FALSE(parse_expression(std::string(100000, '!') + "a", error));
    EXPECT_TRUE(parse_expression(std::string(40, '(') + "a" + std::string(40, ')'), error));
}

}  // namespace
}  // namespace avocet::core
