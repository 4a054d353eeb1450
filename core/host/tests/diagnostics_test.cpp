// SPDX-License-Identifier: Apache-2.0
#include "host/diagnostics.hpp"

#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "host/codes.hpp"

namespace avocet::core {
namespace {

std::string flushed(Diagnostics& diagnostics) {
    char* text = nullptr;
    size_t size = 0;
    FILE* out = open_memstream(&text, &size);
    diagnostics.flush(out, false);
    std::fclose(out);
    std::string copy(text, size);
    std::free(text);
    return copy;
}

TEST(diagnostics, shows_the_line_and_underlines_the_span) {
    Diagnostics d;
    d.add_source("stdin", "begin { foo(); }\n");
    Diagnostic one{AVOCET_ERROR,           214, "frontend.x",      "unknown function 'foo'", "did you mean 'fold'?", {},
                   {"stdin", 1, 9, 1, 14}, {},  {"outer", "inner"}};
    EXPECT_EQ(d.format(one, false),
              "stdin:1:9-14: error: unknown function 'foo' [E0214]\n"
              "begin { foo(); }\n"
              "        ~~~~~\n"
              "hint: did you mean 'fold'?\n"
              "caused by: outer\n"
              "caused by: inner\n");
}

TEST(diagnostics, a_tab_is_four_columns_and_a_character_of_many_bytes_is_one) {
    Diagnostics d;
    d.add_source("f", "x\n\tp(\"\xc3\xa9\", y)\r\n");
    Diagnostic one{AVOCET_WARNING, 0, {}, "odd", {}, {}, {"f", 2, 10, 2, 11}, {}, {}};
    EXPECT_EQ(d.format(one, false), "f:2:10-11: warning: odd\n    p(\"\xc3\xa9\", y)\n" + std::string(11, ' ') + "~\n");
    Diagnostic tab{AVOCET_ERROR, 0, {}, "tab", {}, {}, {"f", 2, 1, 2, 2}, {}, {}};
    EXPECT_EQ(d.format(tab, false), "f:2:1-2: error: tab\n    p(\"\xc3\xa9\", y)\n~~~~\n");
}

TEST(diagnostics, a_span_over_lines_shows_them_without_underline) {
    Diagnostics d;
    d.add_source("f", "one\ntwo\nthree\n");
    Diagnostic one{AVOCET_ERROR, 0, {}, "m", {}, {}, {"f", 1, 2, 2, 3}, {}, {}};
    EXPECT_EQ(d.format(one, false), "f:1-2: error: m\none\ntwo\n");
}

TEST(diagnostics, places_outside_the_source_do_no_harm) {
    Diagnostics d;
    d.add_source("f", "ab");
    EXPECT_EQ(d.format({AVOCET_ERROR, 0, {}, "m", {}, {}, {"f", 1, 90, 1, 95}, {}, {}}, false),
              "f:1:90-95: error: m\nab\n  ~\n");
    EXPECT_EQ(d.format({AVOCET_ERROR, 0, {}, "m", {}, {}, {"f", 9, 1, 9, 2}, {}, {}}, false),
              "f:9:1-2: error: m\n\n~\n");
    EXPECT_EQ(d.format({AVOCET_ERROR, 0, {}, "m", {}, {}, {"other", 1, 1, 1, 2}, {}, {}}, false),
              "other:1:1-2: error: m\n");
    EXPECT_EQ(d.format({AVOCET_ERROR, 0, {}, "m", {}, {}, {"f", 1, 0, 0, 0}, {}, {}}, false), "f:1: error: m\nab\n~\n");
}

TEST(diagnostics, the_second_place_has_its_own_lines) {
    Diagnostics d;
    d.add_source("f", "let a;\nlet a;\n");
    Diagnostic one{AVOCET_ERROR,      0, {}, "'a' is declared twice", {}, "the first is here", {"f", 2, 5, 2, 6},
                   {"f", 1, 5, 1, 6}, {}};
    EXPECT_EQ(
        d.format(one, false),
        "f:2:5-6: error: 'a' is declared twice\nlet a;\n    ~\nf:1:5-6: note: the first is here\nlet a;\n    ~\n");
}

TEST(diagnostics, without_a_place_a_plugin_is_named_and_the_core_is_not) {
    Diagnostics d;
    EXPECT_EQ(d.format({AVOCET_ERROR, 7, "sink.x", "disk 'a': full", {}, {}, {}, {}, {}}, false),
              "sink.x: error: disk 'a': full [E0007]\n");
    EXPECT_EQ(d.format({AVOCET_ERROR, 0, "core.config", "m", {}, {}, {}, {}, {}}, false), "error: m\n");
    EXPECT_EQ(d.format({AVOCET_ERROR, 0, "core.config", "m", {}, {}, {"AVOCET_X", 0, 0, 0, 0}, {}, {}}, false),
              "AVOCET_X: error: m\n");
}

TEST(diagnostics, the_other_style_is_upper_case_without_codes) {
    Diagnostics d;
    d.set_style(DiagnosticStyle::bpftrace);
    Diagnostic one{AVOCET_ERROR, 214, "frontend.x", "m", "h", {}, {"stdin", 1, 9, 1, 14}, {}, {}};
    EXPECT_EQ(d.format(one, false), "stdin:1:9-14: ERROR: m\nHINT: h\n");
    EXPECT_EQ(d.format({AVOCET_WARNING, 1, "sink.x", "m", {}, {}, {}, {}, {}}, false), "WARNING: m\n");
}

TEST(diagnostics, colour_marks_the_first_line_only_when_asked) {
    Diagnostics d;
    Diagnostic one{AVOCET_ERROR, 0, {}, "m", "h", {}, {}, {}, {}};
    EXPECT_EQ(d.format(one, true), "\033[31merror: m\033[0m\nhint: h\n");
    EXPECT_EQ(d.format(one, false).find('\033'), std::string::npos);
}

TEST(diagnostics, no_control_sequence_of_the_traced_system_reaches_the_terminal) {
    Diagnostics d;
    d.add_source("f", "a\033[2Jb");
    EXPECT_EQ(
        d.format({AVOCET_ERROR, 0, {}, "file '\033]0;x\007'\nnext", "\033", {}, {"f", 1, 1, 1, 2}, {}, {"\r"}}, false),
        "f:1:1-2: error: file '?]0;x?'\nnext\na?[2Jb\n~\nhint: ?\ncaused by: ?\n");
}

TEST(diagnostics, the_same_said_a_thousand_times_is_kept_once) {
    Diagnostics d;
    for (int i = 0; i < 1000; ++i) d.error("sink.x", "disk full");
    EXPECT_EQ(d.error_count(), 1000u);
    EXPECT_EQ(d.take().size(), 1u);
    d.error("sink.x", "disk full");
    EXPECT_EQ(d.take().size(), 1u) << "taken, not shown: told again";
}

TEST(diagnostics, flush_puts_errors_first_and_shows_nothing_twice) {
    Diagnostics d;
    d.warning("core.x", "w1");
    d.error("core.x", "e1");
    d.error("core.x", "e1");
    d.error("core.x", "e1", "with a hint");
    d.warning("core.x", "w1");
    EXPECT_EQ(flushed(d), "error: e1\nerror: e1\nhint: with a hint\nwarning: w1\n");
    d.error("core.x", "e1");
    d.error("core.x", "e2");
    EXPECT_EQ(flushed(d), "error: e2\n");
    EXPECT_EQ(d.error_count(), 5u);
}

TEST(diagnostics, what_is_below_the_minimum_is_not_kept) {
    Diagnostics d;
    d.report({AVOCET_DEBUG, 0, {}, "low", {}, {}, {}, {}, {}});
    EXPECT_TRUE(d.take().empty());
    d.set_minimum(AVOCET_DEBUG);
    d.report({AVOCET_DEBUG, 0, {}, "low", {}, {}, {}, {}, {}});
    ASSERT_EQ(d.take().size(), 1u);
    EXPECT_TRUE(d.take().empty());
}

avocet_diagnostic from_plugin(const char* message) {
    avocet_diagnostic d{};
    d.struct_size = sizeof d;
    d.severity = AVOCET_ERROR;
    d.code = 5;
    d.message = {message, std::strlen(message)};
    d.hint = {"h", 1};
    return d;
}

TEST(diagnostics, a_plugins_words_carry_its_id) {
    Diagnostics d;
    d.report("sink.x", from_plugin("m"));
    auto all = d.take();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].component, "sink.x");
    EXPECT_EQ(all[0].message, "m");
    EXPECT_EQ(all[0].hint, "h");
    EXPECT_EQ(all[0].code, 5u);
}

TEST(diagnostics, an_older_smaller_struct_is_read_as_far_as_it_goes) {
    Diagnostics d;
    auto raw = from_plugin("m");
    raw.struct_size = offsetof(avocet_diagnostic, hint);
    d.report("sink.x", raw);
    auto all = d.take();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].message, "m");
    EXPECT_EQ(all[0].hint, "");
}

TEST(diagnostics, a_newer_larger_struct_is_read_and_its_unknown_part_told) {
    struct {
        avocet_diagnostic known;
        uint64_t more;
    } larger{from_plugin("m"), 0};
    larger.known.struct_size = sizeof larger;
    Diagnostics d;
    d.report("sink.x", larger.known);
    EXPECT_EQ(d.take().size(), 1u) << "zero: nothing is missed";
    larger.more = 1;
    d.report("sink.x", larger.known);
    auto all = d.take();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].message, "m");
    EXPECT_EQ(all[1].code, code::diagnostic_tail);
}

}  // namespace
}  // namespace avocet::core
