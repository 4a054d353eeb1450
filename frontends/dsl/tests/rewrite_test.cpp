// SPDX-License-Identifier: Apache-2.0
#include "passes/fold_constants.hpp"

#include <gtest/gtest.h>

#include "syntax/dump.hpp"
#include "syntax/parser.hpp"

namespace avocet::dsl {
namespace {

TEST(Fold, OneExpression) {
    Sources sources;
    DiagnosticList diagnostics;
    ExprPtr e = parse_expression(sources, sources.add("x", "1 + 2 * 3 == 7"), diagnostics);
    EXPECT_TRUE(fold(e, diagnostics));
    EXPECT_EQ("true", dump_expr(*e));
    e = parse_expression(sources, sources.add("x", "f(1 + 2)"), diagnostics);
    EXPECT_FALSE(fold(e, diagnostics));
    EXPECT_EQ("(call f 3)", dump_expr(*e));
    EXPECT_FALSE(diagnostics.has_errors());
}

}  // namespace
}  // namespace avocet::dsl
