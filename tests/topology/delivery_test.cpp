// SPDX-License-Identifier: Apache-2.0
//
// What a healthy topology does: everything arrives, in order, once, flushed, on one thread for each sink.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "fakes.hpp"

namespace avocet::topology {
namespace {

using core::RouteConfig;
using testing::ElementsAre;

std::vector<uint64_t> range(uint64_t first, uint64_t end) {
    std::vector<uint64_t> out(end - first);
    std::iota(out.begin(), out.end(), first);
    return out;
}

struct Delivery : testing::Test {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source{schema};
    FakeSink sink;
    core::Router router{diagnostics};

    void start(std::vector<RouteConfig> routes) {
        router.add_sink("sink", FakeSink::factory(), sink.abi());
        for (auto& route : routes) router.add_route(std::move(route));
        router.start();
    }
};

TEST_F(Delivery, everything_arrives_in_order_once) {
    start({{"r", {}, {"sink"}}});
    for (uint32_t rows : {1u, 1024u, 7u, 1u, 300u}) router.offer(source.batch(rows));
    router.finish();
    EXPECT_EQ(sink.serials(), range(0, 1333));
    auto counts = router.counts();
    ASSERT_EQ(counts.size(), 1u);
    EXPECT_EQ(counts[0].route, "r");
    EXPECT_EQ(counts[0].sink, "sink");
    EXPECT_EQ(counts[0].offered, 1333u);
    EXPECT_EQ(counts[0].delivered, 1333u);
    EXPECT_EQ(counts[0].dropped + counts[0].failed, 0u);
}

TEST_F(Delivery, a_sink_is_closed_then_destroyed_once_and_lives_on_one_thread) {
    start({{"r", {}, {"sink"}}});
    router.offer(source.batch(3));
    router.finish();
    router.finish();
    EXPECT_THAT(sink.calls(), ElementsAre("consume", "flush", "close", "destroy"));
    EXPECT_EQ(sink.thread_count(), 1u);
}

TEST_F(Delivery, drain_returns_after_the_flush) {
    start({{"r", {}, {"sink"}}});
    for (int i = 0; i < 50; ++i) {
        router.offer(source.batch(10));
        router.drain();
        ASSERT_EQ(sink.serials().size(), (i + 1) * 10u);
        ASSERT_EQ(sink.calls().back(), "flush");
    }
    router.finish();
}

TEST_F(Delivery, drain_of_nothing_returns) {
    start({{"r", {}, {"sink"}}});
    router.drain();
    router.finish();
    EXPECT_THAT(sink.calls(), ElementsAre("close", "destroy"));
}

TEST_F(Delivery, an_idle_sink_is_ticked) {
    start({{"r", {}, {"sink"}}});
    EXPECT_TRUE(sink.ticked.wait());
    router.finish();
}

TEST_F(Delivery, two_routes_to_one_sink_keep_the_order_of_arrival) {
    Schema map(AVOCET_RECORD_MAP, "tool", "@m");
    Event gate;
    sink.on_consume = FakeSink::behind(gate);
    start({{"events", {{"event"}, {}, {}, {}}, {"sink"}}, {"maps", {{"map"}, {}, {}, {}}, {"sink"}}});
    std::vector<uint64_t> expected;
    Source maps(map);
    for (int i = 0; i < 20; ++i) {
        auto batch = i % 3 == 0 ? maps.batch(2) : source.batch(1);
        for (uint32_t r = 0; r < view(batch).row_count; ++r) expected.push_back(view(batch).rows[r].v.u);
        router.offer(batch);
    }
    gate.set();
    router.finish();
    EXPECT_EQ(sink.serials(), expected);
    EXPECT_EQ(router.counts()[0].delivered, source.made());
    EXPECT_EQ(router.counts()[1].delivered, maps.made());
}

TEST_F(Delivery, a_record_that_two_routes_match_arrives_twice_and_counts_twice) {
    start({{"a", {}, {"sink"}}, {"b", {}, {"sink"}}});
    router.offer(source.batch(2));
    router.finish();
    EXPECT_THAT(sink.serials(), ElementsAre(0, 1, 0, 1));
    EXPECT_EQ(router.counts()[0].delivered, 2u);
    EXPECT_EQ(router.counts()[1].delivered, 2u);
}

TEST_F(Delivery, what_is_offered_after_finish_is_counted_as_dropped) {
    start({{"r", {}, {"sink"}}});
    router.finish();
    router.offer(source.batch(5));
    EXPECT_EQ(router.counts()[0].offered, 5u);
    EXPECT_EQ(router.counts()[0].dropped, 5u);
}

TEST_F(Delivery, a_route_to_an_unknown_sink_is_an_error) {
    start({{"r", {}, {"nobody"}}});
    EXPECT_EQ(diagnostics.error_count(), 1u);
    auto reported = diagnostics.take();
    ASSERT_EQ(reported.size(), 1u);
    EXPECT_EQ(reported[0].message, "route 'r': no sink is called 'nobody'");
    router.offer(source.batch(1));
    router.finish();
    EXPECT_TRUE(sink.serials().empty());
}

TEST_F(Delivery, several_threads_may_look_at_the_counts_meanwhile) {
    start({{"r", {}, {"sink"}, 64}});
    std::atomic<bool> ended = false;
    std::thread watcher([&] {
        uint64_t last = 0;
        while (!ended) {
            auto counts = router.counts()[0];
            EXPECT_GE(counts.offered, counts.delivered + counts.dropped + counts.failed);
            EXPECT_GE(counts.delivered, last);
            last = counts.delivered;
        }
    });
    for (int i = 0; i < 300; ++i) router.offer(source.batch(50));
    router.finish();
    ended = true;
    watcher.join();
    EXPECT_EQ(router.counts()[0].delivered, 15000u);
}

TEST(RouterLife, a_router_destroyed_without_finish_still_closes_its_sinks) {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source(schema);
    FakeSink sink;
    {
        core::Router router(diagnostics);
        router.add_sink("sink", FakeSink::factory(), sink.abi());
        router.add_route({"r", {}, {"sink"}});
        router.start();
        router.offer(source.batch(1));
    }
    EXPECT_THAT(sink.calls(), testing::Contains("close"));
    EXPECT_EQ(sink.calls().back(), "destroy");
}

TEST(RouterLife, a_router_that_never_started_destroys_its_sinks) {
    core::Diagnostics diagnostics;
    FakeSink sink;
    {
        core::Router router(diagnostics);
        router.add_sink("sink", FakeSink::factory(), sink.abi());
    }
    EXPECT_EQ(sink.calls(), std::vector<std::string>{"destroy"});
}

}  // namespace
}  // namespace avocet::topology
