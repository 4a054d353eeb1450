// SPDX-License-Identifier: Apache-2.0
//
// What parses, and what is said of what does not.
#include "route/expression.hpp"

#include <gtest/gtest.h>

namespace avocet::core {
namespace {

TEST(expression, good_ones) {
    for (const char* text : {"pid == 12",
                             "pid",
                             "!pid",
                             "!(pid == 1 || comm ~ \"a*\") && size >= 1.5MiB",
                             "key.0 < -3",
                             "key[0] != 'x'",
                             "comm =~ '^ng[a-z]+$'",
                             "latency > 10ms && latency <= 1h",
                             "`odd name`.x == 0xff",
                             "12 < pid",
                             "a == 1 && b == 2 && c == 3 || d",
                             "end - start > 5ms",
                             "(a + b) * 2 >= c % 3",
                             "-a < -(b / 2)",
                             "(a) && (b - 1)",
                             "!(a + b)",
                             "(a + b) * 2",
                             "x -5 == y",
                             "comm !~ \"*\\\"*\"",
                             "@x == 1",
                             "18446744073709551615 == size"}) {
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

TEST(expression, values) {
    for (const char* text : {"a", "7", "'x'", "end - start", "write ? 'W' : 'R'", "a > 1 && b ? a : b ? 2 : 3",
                             "(a ? 1 : 2) * 3", "a == 1", "(a + 1) % 4", "((a))"}) {
        ExpressionError error;
        EXPECT_TRUE(parse_value(text, error)) << text << ": " << error.message;
    }
    for (const auto& [text, message] :
         {std::pair("a ? 1", "':' is missing here"), std::pair("'x' + 1", "a text cannot be reckoned with"),
          std::pair("a +", "ends too early"), std::pair("(a", "this bracket is not closed"),
          std::pair("a b", "does not go on like this"), std::pair("", "ends too early")}) {
        ExpressionError error;
        EXPECT_FALSE(parse_value(text, error)) << text;
        EXPECT_EQ(error.message, message) << text;
    }
    ExpressionError error;
    std::vector<std::string> names;
    auto value = parse_value("a ? b.c : d + e[0]", error);
    ASSERT_TRUE(value);
    each_field(*value, [&](const Operand& field) { names.push_back(field.path.back()); });
    EXPECT_EQ(names, (std::vector<std::string>{"c", "d", "0", "a"}));
}

TEST(expression, signs_bind_as_in_c) {
    ExpressionError error;
    auto value = parse_value("a + b * c - d", error);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->sign, '-');
    EXPECT_EQ(value->parts[0].sign, '+');
    EXPECT_EQ(value->parts[0].parts[1].sign, '*');
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
    std::string nested = "a";
    for (int i = 0; i < 60; ++i) nested = "(" + nested + " + 1)";  // read once, not once for each bracket more
    EXPECT_TRUE(parse_value(nested, error)) << error.message;
    EXPECT_TRUE(parse_expression(nested + " > 1", error)) << error.message;
    EXPECT_FALSE(parse_value(std::string(100000, '-') + "a", error));
    EXPECT_FALSE(parse_value(std::string(100000, '(') + "a", error));
    std::string chosen = "a";
    for (int i = 0; i < 10000; ++i) chosen += " ? 1 : a";
    EXPECT_FALSE(parse_value(chosen, error));
}

}  // namespace
}  // namespace avocet::core
