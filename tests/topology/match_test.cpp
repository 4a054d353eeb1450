// SPDX-License-Identifier: Apache-2.0
//
// Which records a route wants.
#include "route/match.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace avocet::topology {
namespace {

using core::matches;
using core::matches_pattern;

TEST(Pattern, star_stands_for_any_run) {
    EXPECT_TRUE(matches_pattern("", ""));
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("a*c", "ac"));
    EXPECT_TRUE(matches_pattern("a*c", "abcbc"));
    EXPECT_TRUE(matches_pattern("*b*b*", "abab"));
    EXPECT_TRUE(matches_pattern("tracepoint:sys*:*_openat", "tracepoint:syscalls:sys_enter_openat"));
    EXPECT_FALSE(matches_pattern("", "a"));
    EXPECT_FALSE(matches_pattern("a*c", "abcb"));
    EXPECT_FALSE(matches_pattern("abc", "ab"));
    EXPECT_TRUE(matches_pattern("a?c", "abc"));
    EXPECT_FALSE(matches_pattern("a?c", "ac"));
}

TEST(Match, nothing_said_is_everything) {
    for (avocet_record_kind kind = AVOCET_RECORD_EVENT; kind <= AVOCET_RECORD_ERROR; ++kind)
        EXPECT_TRUE(matches({}, Schema(kind).abi));
}

TEST(Match, kinds) {
    core::RouteMatch match{{"map", "loss"}, {}, {}, {}};
    EXPECT_FALSE(matches(match, Schema(AVOCET_RECORD_EVENT).abi));
    EXPECT_TRUE(matches(match, Schema(AVOCET_RECORD_MAP).abi));
    EXPECT_TRUE(matches(match, Schema(AVOCET_RECORD_LOSS).abi));
    EXPECT_FALSE(matches(match, Schema(AVOCET_RECORD_LIFECYCLE).abi));
    EXPECT_FALSE(matches(match, Schema(AVOCET_RECORD_ERROR).abi));
}

TEST(Match, tools_narrow_data_only) {
    core::RouteMatch match{{}, {"bio*"}, {}, {}};
    EXPECT_TRUE(matches(match, Schema(AVOCET_RECORD_EVENT, "biolatency").abi));
    EXPECT_TRUE(matches(match, Schema(AVOCET_RECORD_MAP, "biosnoop").abi));
    EXPECT_FALSE(matches(match, Schema(AVOCET_RECORD_EVENT, "opens").abi));
    EXPECT_TRUE(matches(match, Schema(AVOCET_RECORD_LOSS, "opens").abi));
}

TEST(Match, maps_pick_maps_and_probes_pick_events) {
    Schema event(AVOCET_RECORD_EVENT, "t", "", "tracepoint:sched:sched_switch");
    Schema lat(AVOCET_RECORD_MAP, "t", "@lat"), other(AVOCET_RECORD_MAP, "t", "@other");
    core::RouteMatch maps{{}, {}, {}, {"@lat"}};
    EXPECT_TRUE(matches(maps, lat.abi));
    EXPECT_FALSE(matches(maps, other.abi));
    EXPECT_FALSE(matches(maps, event.abi));
    core::RouteMatch probes{{}, {}, {"tracepoint:*"}, {}};
    EXPECT_TRUE(matches(probes, event.abi));
    EXPECT_FALSE(matches(probes, lat.abi));
    core::RouteMatch both{{}, {}, {"tracepoint:*"}, {"@lat"}};
    EXPECT_TRUE(matches(both, event.abi));
    EXPECT_TRUE(matches(both, lat.abi));
    EXPECT_FALSE(matches(both, other.abi));
    EXPECT_TRUE(matches(both, Schema(AVOCET_RECORD_LOSS).abi));
}

TEST(Match, a_schema_without_names_is_no_crash) {
    avocet_schema schema{};
    schema.kind = AVOCET_RECORD_EVENT;
    EXPECT_TRUE(matches({}, schema));
    EXPECT_FALSE(matches({{}, {"x"}, {}, {}}, schema));
}

}  // namespace
}  // namespace avocet::topology
