// SPDX-License-Identifier: Apache-2.0
//
// The passes before types, where golden cases do not reach: reuse on one expression, and macros made to explode.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/expand_macros.hpp"
#include "passes/fold_constants.hpp"
#include "syntax/dump.hpp"
#include "syntax/parser.hpp"

namespace avocet::dsl {
namespace {

using testing::HasSubstr;

struct Expanded {
    Sources sources;
    DiagnosticList diagnostics;
    Unit unit;
    explicit Expanded(const std::string& text) {
        unit.sources = &sources;
        unit.diagnostics = &diagnostics;
        unit.script = parse_script(sources, sources.add("stdin", text), diagnostics);
        EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.messages()[0].text;
        expand_macros_pass().run(unit);
    }
    std::string error() const { return diagnostics.messages().empty() ? "" : diagnostics.messages()[0].text; }
};

std::string repeated(std::string_view text, size_t n) {
    std::string out;
    for (size_t i = 0; i < n; i++) out += text;
    return out;
}

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

TEST(Fold, MarksLiteralsAndTheirTuples) {
    Sources sources;
    DiagnosticList diagnostics;
    for (auto [text, constant] :
         {std::pair{"(1, \"a\", (b=true))", true}, {"(1, $x)", false}, {"5", true}, {"$x + 1", false}}) {
        ExprPtr e = parse_expression(sources, sources.add("x", text), diagnostics);
        EXPECT_EQ(constant, fold(e, diagnostics)) << text;
        EXPECT_EQ(constant, e->is_constant) << text;
    }
}

TEST(Macros, ThatDoubleAreStopped) {
    std::string script = "macro m0(a) { a + a }\n";
    for (int i = 1; i < 40; i++)
        script += "macro m" + std::to_string(i) + "(a) { m" + std::to_string(i - 1) + "(a + a) }\n";
    EXPECT_THAT(Expanded(script + "begin { $x = m39($y); }").error(), HasSubstr("too large"));
    script = "macro n0() { print(1); }\n";
    for (int i = 1; i < 40; i++) {
        std::string inner = "n" + std::to_string(i - 1) + "();";
        script += "macro n" + std::to_string(i) + "() { " + inner + inner + " }\n";
    }
    EXPECT_THAT(Expanded(script + "begin { n39(); }").error(), HasSubstr("macro expansions"));
}

TEST(Macros, ThatGrowDeepAreStopped) {
    std::string deep = "macro d(a) { " + repeated("f(", 200) + "a" + repeated(")", 200) + " }\n";
    EXPECT_THAT(Expanded(deep + "begin { $x = " + repeated("d(", 100) + "1" + repeated(")", 100) + "; }").error(),
                HasSubstr("deep"));
    std::string chain = "macro c0() { 1 }\n";
    for (int i = 1; i < 100; i++) chain += "macro c" + std::to_string(i) + "() { c" + std::to_string(i - 1) + "() }\n";
    EXPECT_THAT(Expanded(chain + "begin { $x = c99(); }").error(), HasSubstr("deep"));
}

TEST(Macros, OrdinaryUseIsFarFromTheLimits) {
    Expanded e("macro log(a) { printf(\"%d\", a); }\nbegin { " + repeated("log(1);", 5000) + " }");
    EXPECT_EQ("", e.error());
    EXPECT_EQ(5000u, e.unit.script.expansions.size());
}

TEST(Macros, SpansPointIntoTheMacroAndSayWhereItWasCalled) {
    Expanded e("macro one() { 1 + $x }\nmacro two() { one() }\nbegin {\n  print(two()); }");
    const auto& call = static_cast<const CallExpr&>(
        *static_cast<const ExprStmt&>(*e.unit.script.clauses[0].body->statements[0]).value);
    const Span& span = call.args[0]->span;
    EXPECT_EQ(1u, span.line);
    std::vector<Span> chain = expansion_chain(span, e.unit.script.expansions);
    ASSERT_EQ(2u, chain.size());
    EXPECT_EQ(2u, chain[0].line);
    EXPECT_EQ(4u, chain[1].line);
}

}  // namespace
}  // namespace avocet::dsl
