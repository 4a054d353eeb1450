// SPDX-License-Identifier: Apache-2.0
//
// What golden cases cannot show: hostile input, spans, the order and uniqueness of messages.
#include "syntax/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syntax/clone.hpp"
#include "syntax/dump.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Parsed {
    Sources sources;
    DiagnosticList diagnostics;
    Script script;
    explicit Parsed(std::string text) {
        uint32_t file = sources.add("stdin", std::move(text));
        script = parse_script(sources, file, diagnostics);
    }
    std::vector<std::string> errors() const {
        std::vector<std::string> texts;
        for (const Message& m : diagnostics.messages()) texts.push_back(m.text);
        return texts;
    }
};

std::string repeated(std::string_view text, size_t n) {
    std::string out;
    for (size_t i = 0; i < n; i++) out += text;
    return out;
}

class Deep : public testing::TestWithParam<std::pair<const char*, const char*>> {};
TEST_P(Deep, NestingIsAnErrorNotACrash) {
    for (size_t n : {1000, 200000}) {
        Parsed p("begin { $x = " + repeated(GetParam().first, n) + "1" + repeated(GetParam().second, n) + "; }");
        EXPECT_GE(p.diagnostics.error_count(), 1u);
        EXPECT_THAT(p.errors().front(), HasSubstr("levels")) << GetParam().first;
    }
}
INSTANTIATE_TEST_SUITE_P(Parser, Deep,
                         testing::Values(std::pair{"(", ")"}, std::pair{"-", ""}, std::pair{"1+", ""},
                                         std::pair{"f(", ")"}, std::pair{"@a[", "]"}, std::pair{"{", "}"},
                                         std::pair{"(uint8)", ""}, std::pair{"1 ? 2 : ", ""},
                                         std::pair{"if 1 {2} else ", ""}, std::pair{"", ".a"}, std::pair{"", "[0]"},
                                         std::pair{"comptime ", ""}, std::pair{"(a=", ")"}, std::pair{"sizeof(", ")"},
                                         std::pair{"*", ""}, std::pair{"(typeof(", "))1"},
                                         std::pair{"sizeof(typeof(", "))"}));

TEST(Parser, LongChainsWithinTheLimitAreFine) {
    EXPECT_EQ(0u, Parsed("begin { $x = " + repeated("1 + ", 500) + "1; }").diagnostics.error_count());
    EXPECT_EQ(0u, Parsed("begin { " + repeated("print(1);", 50000) + " }").diagnostics.error_count());
    EXPECT_EQ(0u, Parsed("begin { if 1 {} " + repeated("else if 1 {} ", 200) + "}").diagnostics.error_count());
}

TEST(Parser, StopsAfterManyErrors) {
    Parsed p("begin { " + repeated("$x = ;", 10000) + " }");
    EXPECT_EQ(50u, p.diagnostics.error_count());
}

TEST(Parser, AnyByteIsInputNotACrash) {
    for (int c = 0; c < 256; c++) {
        std::string byte(1, static_cast<char>(c));
        for (const std::string& text :
             {byte, "begin { " + byte, "begin { print(" + byte + "); }", "begin" + byte + "{ }", "macro f(" + byte})
            Parsed p(text);
    }
}

TEST(Parser, EveryPrefixAndEveryHoleEndsInErrorsOnly) {
    const std::string text =
        "#include <x.h>\nstruct a { int b; } __attribute__((packed));\nconfig = { max_strlen = 64; license = \"GPL\" "
        "}\n"
        "import \"x.bt\";\nmacro m($a, @b, c) { @b[c] = $a; if (c) { 1 } else { 2 } }\nfn f($a : int8*[4]) : string[8] "
        "{ return 1; }\n"
        "let @q = lruhash(10);\nbegin, uprobe:/bin/x:\"a b\" /pid == 1/ { // c\n  for ($i : 0..(3 + 1)) { print((1, "
        "(a=2, b=\"x\\n\"), $1)); }\n"
        "  let $x : uint8 = (uint8)@a[1, 2]->c.0[3]++ ?: sizeof(struct a *); unroll (3) { _ = !$x; } }\nend { while "
        "($x < 3) { break; } }\n";
    ASSERT_EQ(std::vector<std::string>{}, Parsed("config = {}\nbegin { }").errors());
    for (size_t i = 0; i < text.size(); i++) {
        Parsed prefix(text.substr(0, i));
        Parsed hole(text.substr(0, i) + text.substr(i + 1));
    }
}

TEST(Parser, SpansCountBytesFromOne) {
    Parsed p("begin\n{\n\t$abc = foo(1,\n 2);\n}");
    ASSERT_EQ(1u, p.script.clauses.size());
    const auto& assign = as<AssignStmt>(*p.script.clauses[0].body->statements.at(0));
    const Span& target = assign.target->span;
    EXPECT_THAT((std::vector{target.line, target.column, target.end_line, target.end_column}), ElementsAre(3, 2, 3, 6));
    const Span& call = assign.value->span;
    EXPECT_THAT((std::vector{call.line, call.column, call.end_line, call.end_column}), ElementsAre(3, 9, 4, 4));
    const Span& clause = p.script.clauses[0].span;
    EXPECT_THAT((std::vector{clause.line, clause.column, clause.end_line, clause.end_column}), ElementsAre(1, 1, 5, 2));
}

TEST(Parser, ReadsOneExpressionForMacrosInC) {
    Sources sources;
    DiagnosticList diagnostics;
    ExprPtr good = parse_expression(sources, sources.add("A", "(1 << 4) | B"), diagnostics);
    ASSERT_TRUE(good);
    EXPECT_EQ("(| (<< 1 4) B)", dump_expr(*good));
    EXPECT_FALSE(parse_expression(sources, sources.add("B", "do { } while (0)"), diagnostics));
    EXPECT_FALSE(parse_expression(sources, sources.add("C", ""), diagnostics));
    EXPECT_EQ(2u, diagnostics.error_count());
}

TEST(Parser, ImportedFilesHaveNoConfig) {
    Sources sources;
    DiagnosticList diagnostics;
    parse_script(sources, sources.add("x.bt", "config = { a = 1 } begin { }"), diagnostics, true);
    ASSERT_EQ(1u, diagnostics.error_count());
    EXPECT_EQ("syntax: invalid `config` within import", diagnostics.messages()[0].text);
}

TEST(Clone, CopiesEveryKindOfNode) {
    Parsed p(
        "begin /1/ { let $a : typeof(@m[1]) = (uint8)$1; @m[1, 2] += $# ? -1 : f(typeof(x), \"s\"); _ = &$a; $a++; "
        "for ($k : @m) { break; } for ($i : 0..9) { continue; } while (true) { return 1; } unroll (2) { import \"x\"; "
        "} "
        "@r = (a=1, b=(1, (), @s)); if comptime 1 { {x} } else { $a.b.0[1] = 2 } "
        "print(if 1 { sizeof(x) } else { offsetof(struct a, b.c) }, typeinfo(x), 1 ?: 2); }");
    const Clause& clause = p.script.clauses.at(0);
    EXPECT_EQ(dump_clause(clause), dump_clause(clone(clause)));
}

TEST(Diagnostics, ErrorsFirstAndOnce) {
    DiagnosticList list;
    Span a{0, 1, 1, 1, 2, 0}, b{0, 2, 1, 2, 2, 0};
    list.warning(a, "w");
    list.error(b, "e2");
    list.error(a, "e1");
    list.error(b, "e2");
    list.warning(a, "w");
    std::vector<std::string> texts;
    for (const Message* m : list.take_new()) texts.push_back(m->text);
    EXPECT_THAT(texts, ElementsAre("e2", "e1", "w"));
    EXPECT_EQ(3u, list.error_count());
    list.error(b, "e2");  // known
    list.error(b, "e3");
    auto fresh = list.take_new();
    ASSERT_EQ(1u, fresh.size());
    EXPECT_EQ("e3", fresh[0]->text);
}

struct Heard {
    std::string message, context, hint;
    uint32_t line, context_line;
};

TEST(Diagnostics, HandsOverSpansAndTheCallsItWasExpandedFrom) {
    std::vector<Heard> heard;
    avocet_host host{};
    host.struct_size = sizeof host;
    host.ctx = &heard;
    host.report = [](void* ctx, const avocet_diagnostic* d) {
        static_cast<std::vector<Heard>*>(ctx)->push_back(
            {string(d->message), string(d->context), string(d->hint), d->span.line, d->context_span.line});
        EXPECT_EQ("stdin", string(d->span.file));
    };
    Sources sources;
    sources.add("stdin", "");
    std::vector<Expansion> expansions{{{0, 7, 1, 7, 2, 0}, "outer"}, {{0, 8, 1, 8, 2, 1}, "inner"}};
    DiagnosticList list;
    list.error({0, 9, 1, 9, 2, 2}, "inside", 42).with_hint("h");
    list.hand_over(Host(&host), sources, expansions);
    ASSERT_EQ(2u, heard.size());
    EXPECT_EQ("inside", heard[0].message);
    EXPECT_EQ("h", heard[0].hint);
    EXPECT_EQ(9u, heard[0].line);
    EXPECT_EQ("expanded from", heard[0].context);
    EXPECT_EQ(8u, heard[0].context_line);
    EXPECT_EQ("expanded from", heard[1].message);
    EXPECT_EQ(7u, heard[1].line);
}

}  // namespace
}  // namespace avocet::dsl
