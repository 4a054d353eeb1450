// SPDX-License-Identifier: Apache-2.0
//
// Conditions against rows, and what the schema alone decides.
#include "route/filter.hpp"

#include <gtest/gtest.h>

#include "rows.hpp"

namespace avocet::core {
namespace {

struct Filter : testing::Test {
    EventRows rows;
    Renderer renderer{avocet_host_symbols{}};

    RowFilter make(const char* text) {
        ExpressionError error;
        auto e = parse_expression(text, error);
        EXPECT_TRUE(e) << text << ": " << error.message;
        return RowFilter(e ? *e : Expression{}, rows.schema, &renderer);
    }
};

TEST_F(Filter, rows) {
    const avocet_value* row = rows.add(12, "nginx: worker", 65536, 7, "/etc/passwd");
    for (const char* text : {"pid == 12",
                             "pid != 13",
                             "12 == pid",
                             "pid < 13 && pid > 11",
                             "pid >= 12 && pid <= 12",
                             "comm ~ \"nginx*\"",
                             "comm !~ \"apache*\"",
                             "comm =~ \"w.rk\"",
                             "comm == \"nginx: worker\"",
                             "comm > \"a\"",
                             "size == 64KiB",
                             "pair.0 == 7",
                             "pair[0] == 7",
                             "pair.1 ~ \"/etc/*\"",
                             "pid",
                             "!missing",
                             "missing == 1 || pid == 12",
                             "!(pid == 13)",
                             "pid == \"12\"",
                             "pid ~ \"1?\"",
                             "size > pid",
                             "tool == \"opens\"",
                             "kind == \"event\"",
                             "comm",
                             "probe ~ \"tracepoint:*\"",
                             "severity == \"info\"",
                             "map == \"\"",
                             "size / 1024 == 64",
                             "pid + 1 == 13 && pid - 13 == -1",
                             "(size - pid) % 10 == 4",
                             "-pid < 0",
                             "pair.0 * 2 > pid"})
        EXPECT_TRUE(make(text).passes(row)) << text;
    for (const char* text :
         {"pid == 13", "comm ~ \"apache*\"", "pair.2 == 7", "pair.x == 7", "missing", "missing == 1", "missing != 1",
          "comm == 12", "comm < 12", "!pid", "pid > size", "severity == \"error\"", "pair.1 =~ \"^passwd\"",
          "comm + 1 > 0", "pid / 0 == 0", "pid % (pid - 12) == 0", "missing + 1 > 0", "size - size"})
        EXPECT_FALSE(make(text).passes(row)) << text;
}

TEST_F(Filter, large_numbers_keep_their_sign) {
    const avocet_value* row = rows.add(-1, "", UINT64_MAX);
    EXPECT_TRUE(make("pid == -1").passes(row));
    EXPECT_TRUE(make("pid < 0").passes(row));
    EXPECT_TRUE(make("size == 18446744073709551615").passes(row));
    EXPECT_TRUE(make("size > pid").passes(row));
    EXPECT_FALSE(make("comm").passes(row));
}

TEST_F(Filter, the_schema_alone_decides_where_it_can) {
    using V = RowFilter::Verdict;
    EXPECT_EQ(make("tool == \"opens\"").verdict(), V::all);
    EXPECT_EQ(make("tool == \"other\"").verdict(), V::none);
    EXPECT_EQ(make("tool == \"other\" && pid == 1").verdict(), V::none);
    EXPECT_EQ(make("tool == \"opens\" || pid == 1").verdict(), V::all);
    EXPECT_EQ(make("tool == \"opens\" && pid == 1").verdict(), V::some);
    EXPECT_EQ(make("missing == 1").verdict(), V::none);
    EXPECT_EQ(make("!missing").verdict(), V::all);
    EXPECT_EQ(make("pid").verdict(), V::some);
}

TEST_F(Filter, a_field_wins_over_a_word) {
    rows.fields[1].name = "tool";
    EXPECT_TRUE(make("tool == \"mine\"").passes(rows.add(1, "mine", 0)));
}

TEST_F(Filter, maps_by_key_value_and_name) {
    avocet_type hist = type_of(AVOCET_VALUE_HIST);
    avocet_field fields[2] = {{"key", &rows.text}, {"value", &hist}};
    avocet_schema map = rows.schema;
    map.kind = AVOCET_RECORD_MAP;
    map.name = "@lat";
    map.fields = fields;
    map.field_count = 2;
    avocet_bucket buckets[2] = {{0, 1, 3, 0, 0}, {1, 2, 4, 0, 0}};
    avocet_value row[2] = {text_value("bash"), {}};
    row[1].kind = AVOCET_VALUE_HIST;
    row[1].count = 2;
    row[1].v.buckets = buckets;
    for (auto [text, passes] : {std::pair("map == \"@lat\"", true), std::pair("map == \"@other\"", false),
                                std::pair("key ~ \"ba*\"", true), std::pair("value.count == 7", true),
                                std::pair("value.count > 7", false), std::pair("kind == \"map\"", true)}) {
        ExpressionError error;
        auto e = parse_expression(text, error);
        ASSERT_TRUE(e);
        EXPECT_EQ(RowFilter(*e, map, &renderer).passes(row), passes) << text;
    }
}

}  // namespace
}  // namespace avocet::core
