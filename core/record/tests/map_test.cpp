// SPDX-License-Identifier: Apache-2.0
//
// Maps: combining CPUs, order, top and div, what is absent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/batch.hpp"
#include "record/tests/fixture.hpp"

namespace avocet::core::testing {
namespace {

constexpr const char* types = R"(
    struct total { u64 total; u64 count; };
    struct flagged { u64 value; u64 set; };
    struct scalar_s16 { s16 value; u64 set; };
    struct hist_key { u32 key; u32 bucket; u32 pad; };
    struct pair @avocet:tuple { u8 a; char b[4] @avocet:string; };
    struct text { char value[8] @avocet:string; };
    map plain hash u32 s64;
    map narrow hash u32 u8;
    map strings hash char[4] struct text;
    map pairs hash struct pair struct text;
    map scalar array u32 struct scalar_s16;
    map counts percpu_hash u32 u64;
    map mins percpu_hash u32 struct flagged;
    map avgs percpu_hash u32 struct total;
    map stats percpu_hash u32 struct total;
    map hists percpu_hash struct hist_key u64;
    map lhist percpu_array u32 u64;
    map count percpu_array u32 u64;
    map foreign percpu_array u32 u32;
    map keys64 hash u64 struct text;
    map paths percpu_hash char[200] u64;)";

std::string manifest() {
    std::string maps;
    auto add = [&](const char* name, bool keyed, const char* rest) {
        maps += std::string(maps.empty() ? "" : ",") + "{\"name\": \"@" + name + "\", \"symbol\": \"" + name +
                "\", \"keyed\": " + (keyed ? "true" : "false") + rest + "}";
    };
    for (auto name : {"plain", "narrow", "strings", "pairs"}) add(name, true, "");
    add("scalar", false, "");
    add("counts", true, ", \"aggregate\": \"count\"");
    add("mins", true, ", \"aggregate\": \"min\", \"signed\": true");
    add("avgs", true, ", \"aggregate\": \"avg\", \"signed\": true");
    add("stats", true, ", \"aggregate\": \"stats\", \"signed\": true");
    add("hists", true, ", \"aggregate\": \"hist\"");
    add("lhist", false, ", \"aggregate\": \"lhist\", \"min\": 0, \"max\": 30, \"step\": 10");
    add("count", false, ", \"aggregate\": \"count\"");
    add("foreign", true, "");
    add("keys64", true, "");
    add("paths", true, ", \"aggregate\": \"count\", \"short_symbol\": \"paths.short\"");
    return "{\"schema\": 1, \"tool\": \"t\", \"maps\": [" + maps + "]}";
}

enum { plain, narrow, strings, pairs, scalar, counts, mins, avgs, stats, hists, lhist, count_, foreign, keys64, paths };

struct MapTest : ::testing::Test {
    Harness h{types, manifest()};
    using Rows = std::vector<std::pair<const char*, std::vector<const char*>>>;
    void show(uint32_t map, const Rows& rows, uint64_t top = 0, uint64_t div = 0, bool final = false) {
        std::vector<Harness::MapRow> out;
        for (const auto& [key, slots] : rows) {
            Harness::MapRow row{bytes_of(key), {}};
            for (auto s : slots) row.slots.push_back(bytes_of(s));
            out.push_back(row);
        }
        h.map(map, out, top, div, final);
    }
};

TEST_F(MapTest, ShortKeysJoinTheOthers) {
    const std::string one("\1\0\0\0\0\0\0\0", 8), two("\2\0\0\0\0\0\0\0", 8);
    std::string brief = "/etc/hosts", lengthy = "/" + std::string(80, 'x');
    brief.resize(64);
    lengthy.resize(200);
    h.map(paths, {{lengthy, {one, one}}, {brief, {one, two}}});
    EXPECT_EQ(h.text(), "@paths[/" + std::string(80, 'x') + "]: 2\n@paths[/etc/hosts]: 3\n");
    // A map without one takes whole keys only.
    h.batches.clear();
    h.map(strings, {{"ab", {std::string(8, 'c')}}});
    EXPECT_EQ(h.text(), "");
}

TEST_F(MapTest, IntegersByValueAndTiesByKey) {
    show(plain, {{"u32:3", {"s64:5"}}, {"u32:1", {"s64:5"}}, {"u32:2", {"s64:-1"}}});
    EXPECT_EQ(h.text(), "@plain[2]: -1\n@plain[1]: 5\n@plain[3]: 5\n");
}

TEST_F(MapTest, NarrowIntegersAreOrderedToo) {
    show(narrow, {{"u32:1", {"u8:200"}}, {"u32:2", {"u8:3"}}});
    EXPECT_EQ(h.text(), "@narrow[2]: 3\n@narrow[1]: 200\n");
}

TEST_F(MapTest, OtherValuesByKey) {
    show(strings, {{"\"b\"/4", {"\"1\"/8"}}, {"\"ab\"/4", {"\"2\"/8"}}, {"\"a\"/4", {"\"3\"/8"}}});
    show(pairs, {{"u8:2 \"a\"/4", {"\"1\"/8"}}, {"u8:1 \"b\"/4", {"\"2\"/8"}}, {"u8:1 \"a\"/4", {"\"3\"/8"}}});
    show(keys64, {{"u64:1", {"\"1\"/8"}}, {"u64:0xffffffffffffffff", {"\"2\"/8"}}});  // keys compare as signed
    EXPECT_EQ(h.text(),
              "@strings[a]: { .value = 3 }\n@strings[ab]: { .value = 2 }\n@strings[b]: { .value = 1 }\n"
              "@pairs[1, a]: { .value = 3 }\n@pairs[1, b]: { .value = 2 }\n@pairs[2, a]: { .value = 1 }\n"
              "@keys64[18446744073709551615]: { .value = 2 }\n@keys64[1]: { .value = 1 }\n");
}

TEST_F(MapTest, ParenthesesOfAStringKeyAreDropped) {
    show(strings, {{"\"(x)\"/4", {"\"1\"/8"}}});
    EXPECT_EQ(h.text(), "@strings[x]: { .value = 1 }\n");
}

TEST_F(MapTest, AbsentScalarPrintsZeroOnlyOnDemand) {
    show(scalar, {{"u32:0", {"s16:0 zero:6 u64:0"}}});
    show(scalar, {{"u32:0", {"s16:0 zero:6 u64:0"}}}, 0, 0, true);
    show(scalar, {{"u32:0", {"s16:-4 zero:6 u64:1"}}}, 0, 0, true);
    show(count_, {{"u32:0", {"u64:0", "u64:0"}}}, 0, 0, true);
    show(count_, {{"u32:0", {"u64:0", "u64:0"}}});
    show(plain, {});
    show(lhist, {{"u32:0", {"u64:0"}}});
    EXPECT_EQ(h.text(), "@scalar: 0\n@scalar: -4\n@count: 0\n");
}

TEST_F(MapTest, CountsAddUpAcrossProcessors) {
    show(counts, {{"u32:1", {"u64:3", "u64:4"}}, {"u32:2", {"u64:1", "u64:0"}}});
    EXPECT_EQ(h.text(), "@counts[2]: 1\n@counts[1]: 7\n");
}

TEST_F(MapTest, MinimumUsesPresenceAndSortsUnsigned) {
    show(mins, {{"u32:1", {"s64:-5 u64:1", "s64:0 u64:0"}},
                {"u32:2", {"s64:9 u64:1", "s64:7 u64:1"}},
                {"u32:3", {"u64:0 u64:0", "u64:0 u64:0"}}});  // after zero(): the element is there, its value is 0
    EXPECT_EQ(h.text(), "@mins[3]: 0\n@mins[2]: 7\n@mins[1]: -5\n");
}

TEST_F(MapTest, AveragesTruncateTowardZero) {
    show(avgs, {{"u32:1", {"s64:-3 u64:1", "s64:-4 u64:1"}}, {"u32:2", {"s64:10 u64:3", "s64:0 u64:0"}}});
    EXPECT_EQ(h.text(), "@avgs[1]: -3\n@avgs[2]: 3\n");
    EXPECT_EQ(h.json(), "{\"type\": \"stats\", \"data\": {\"@avgs\": {\"1\": -3, \"2\": 3}}}\n");
    EXPECT_THAT(h.records(),
                ::testing::HasSubstr("\"map\":\"@avgs\",\"type\":\"average\",\"rows\":[{\"key\":[1],\"value\":-3},"
                                     "{\"key\":[2],\"value\":3}]}\n"));
}

TEST_F(MapTest, StatsIgnoreTopAndDiv) {
    show(stats, {{"u32:1", {"s64:-3 u64:2"}}, {"u32:2", {"s64:10 u64:3"}}}, 1, 2);
    EXPECT_EQ(h.text(),
              "@stats[1]: { .count = 2, .average = -1, .total = -3 }\n@stats[2]: { .count = 3, .average = 3, .total = "
              "10 }\n");
    EXPECT_EQ(h.json(),
              "{\"type\": \"stats\", \"data\": {\"@stats\": {\"1\": {\"count\": 2, \"average\": -1, \"total\": -3}, "
              "\"2\": {\"count\": 3, \"average\": 3, \"total\": 10}}}}\n");
    EXPECT_THAT(h.records(), ::testing::HasSubstr("{\"key\":[1],\"value\":{\"count\":2,\"average\":-1,\"total\":-3}}"));
}

TEST_F(MapTest, TopKeepsTheLastAndDivDivides) {
    show(plain, {{"u32:1", {"s64:-7"}}, {"u32:2", {"s64:9"}}, {"u32:3", {"s64:8"}}}, 2, 2);
    show(plain, {{"u32:1", {"s64:-7"}}}, 2, 2);
    EXPECT_EQ(h.text(), "@plain[3]: 4\n@plain[2]: 4\n@plain[1]: -3\n");
}

TEST_F(MapTest, HistogramsByTotal) {
    show(hists, {{"u32:1 u32:3 u32:0", {"u64:4", "u64:1"}},
                 {"u32:1 u32:5 u32:0", {"u64:1", "u64:0"}},
                 {"u32:2 u32:1 u32:0", {"u64:2", "u64:0"}}});
    EXPECT_EQ(h.text(),
              "@hists[2]:\n[0]                    2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n"
              "@hists[1]:\n[2, 4)                 5 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
              "[4, 8)                 0 |                                                    |\n"
              "[8, 16)                1 |@@@@@@@@@@                                          |\n\n");
    EXPECT_EQ(h.json(),
              "{\"type\": \"hist\", \"data\": {\"@hists\": {\"2\": [{\"min\": 0, \"max\": 0, \"count\": 2}], "
              "\"1\": [{\"min\": 2, \"max\": 3, \"count\": 5},{\"min\": 4, \"max\": 7, \"count\": 0},"
              "{\"min\": 8, \"max\": 15, \"count\": 1}]}}}\n");
}

TEST_F(MapTest, AHistogramDividedToNothingStillPrints) {
    show(hists, {{"u32:1 u32:3 u32:0", {"u64:4"}}}, 0, 100);
    EXPECT_EQ(h.text(),
              "@hists[1]:\n[2, 4)                 0 |                                                    |\n\n");
}

TEST_F(MapTest, LinearHistogram) {
    show(lhist, {{"u32:0", {"u64:1"}}, {"u32:1", {"u64:2"}}, {"u32:2", {"u64:0"}}, {"u32:4", {"u64:1"}}}, 0, 7);
    EXPECT_EQ(h.text(),
              "@lhist:\n(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n"
              "[0, 10)                2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
              "[10, 20)               0 |                                                    |\n"
              "[20, 30)               0 |                                                    |\n"
              "[30, ...)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n\n");
    EXPECT_EQ(h.json(),
              "{\"type\": \"hist\", \"data\": {\"@lhist\": [{\"max\": -1, \"count\": 1},{\"min\": 0, \"max\": 9, "
              "\"count\": 2},"
              "{\"min\": 10, \"max\": 19, \"count\": 0},{\"min\": 20, \"max\": 29, \"count\": 0},{\"min\": 30, "
              "\"count\": 1}]}}\n");
    EXPECT_THAT(h.records(),
                ::testing::HasSubstr("\"type\":\"lhist\",\"rows\":[{\"value\":[{\"count\":1,\"high\":0},"
                                     "{\"count\":2,\"low\":0,\"high\":10},{\"count\":0,\"low\":10,\"high\":20},"
                                     "{\"count\":0,\"low\":20,\"high\":30},{\"count\":1,\"low\":30}]}]}\n"));
}

TEST_F(MapTest, ImpossibleBucketsAndSizesAreCounted) {
    show(lhist, {{"u32:5", {"u64:1"}}});
    show(hists, {{"u32:1 u32:4000000000 u32:0", {"u64:4"}}});
    show(plain, {{"u64:1", {"s64:1"}}});
    show(plain, {{"u32:1", {"u32:1"}}});
    EXPECT_TRUE(h.batches.empty());
    EXPECT_EQ(h.decoder->decode_errors(), 4u);
}

TEST_F(MapTest, ForeignPerCpuIntegersAreSummed) {
    show(foreign, {{"u32:0", {"u32:4294967295", "u32:1"}}});
    EXPECT_EQ(h.text(), "@foreign[0]: 4294967296\n");
}

TEST_F(MapTest, UnknownMapIsNothing) {
    show(99, {{"u32:0", {"u32:1"}}});
    EXPECT_TRUE(h.batches.empty());
}

}  // namespace
}  // namespace avocet::core::testing
