// SPDX-License-Identifier: Apache-2.0
//
// Sinks that refuse, fail, lie, lose or never come back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace avocet::topology {
namespace {

struct BadSink : testing::Test {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source{schema};
    FakeSink sink;
    Event gate;
    core::Router router{diagnostics};

    void start(core::WhenFull policy = core::WhenFull::block, uint64_t capacity = 65536) {
        router.add_sink("sink", FakeSink::factory(), sink.abi());
        router.add_route({"r", {}, {"sink"}, capacity, policy});
        router.start();
    }
    core::RouteCounts counts() { return router.counts()[0]; }
    void expect(uint64_t offered, uint64_t delivered, uint64_t dropped, uint64_t failed) {
        EXPECT_EQ(counts().offered, offered);
        EXPECT_EQ(counts().delivered, delivered);
        EXPECT_EQ(counts().dropped, dropped);
        EXPECT_EQ(counts().failed, failed);
    }
};

TEST_F(BadSink, again_means_later_not_lost) {
    int call = 0;
    sink.on_consume = [&](const avocet_batch& batch, uint32_t first, uint32_t& taken) -> avocet_status {
        if (++call % 2) return taken = 0, AVOCET_AGAIN;
        taken = std::min<uint32_t>(30, batch.row_count - first);
        return taken == batch.row_count - first ? AVOCET_OK : AVOCET_AGAIN;
    };
    start();
    for (int i = 0; i < 5; ++i) router.offer(source.batch(40));
    router.finish();
    auto serials = sink.serials();
    ASSERT_EQ(serials.size(), 200u);
    for (uint64_t i = 0; i < serials.size(); ++i) ASSERT_EQ(serials[i], i);
    expect(200, 200, 0, 0);
}

TEST_F(BadSink, a_row_that_fails_is_counted_and_the_next_one_goes_on) {
    sink.on_consume = [&](const avocet_batch& batch, uint32_t first, uint32_t& taken) -> avocet_status {
        for (taken = 0; first + taken < batch.row_count; ++taken)
            if (batch.rows[first + taken].v.u % 7 == 3) return AVOCET_ERR_IO;
        return AVOCET_OK;
    };
    start();
    router.offer(source.batch(70));
    router.finish();
    EXPECT_EQ(sink.serials().size(), 60u);
    EXPECT_THAT(sink.serials(), testing::Each(testing::ResultOf([](uint64_t n) { return n % 7; }, testing::Ne(3u))));
    expect(70, 60, 0, 10);
}

TEST_F(BadSink, one_that_always_fails_ends) {
    sink.on_consume = [](const avocet_batch&, uint32_t, uint32_t& taken) { return taken = 0, AVOCET_ERR_IO; };
    start();
    router.offer(source.batch(500));
    router.finish();
    expect(500, 0, 0, 500);
}

TEST_F(BadSink, rows_lost_in_flush_and_close_move_to_failed) {
    bool once = true;
    sink.on_flush = [&] { return std::exchange(once, false) ? 5 : 0; };
    sink.on_close = [] { return 2; };
    start();
    router.offer(source.batch(20));
    router.drain();
    expect(20, 15, 0, 5);
    router.offer(source.batch(10));
    router.finish();
    expect(30, 23, 0, 7);
}

TEST_F(BadSink, one_that_claims_to_lose_more_than_it_got_loses_what_it_got) {
    sink.on_flush = [] { return 1000; };
    start();
    router.offer(source.batch(20));
    router.finish();
    expect(20, 0, 0, 20);
}

TEST_F(BadSink, one_that_claims_to_take_more_than_there_is_took_what_there_was) {
    sink.on_consume = [](const avocet_batch&, uint32_t, uint32_t& taken) { return taken = 1'000'000, AVOCET_AGAIN; };
    start();
    router.offer(source.batch(20));
    router.finish();
    expect(20, 20, 0, 0);
}

TEST_F(BadSink, one_that_says_ok_took_everything) {
    sink.on_consume = [](const avocet_batch&, uint32_t, uint32_t&) { return AVOCET_OK; };
    start();
    router.offer(source.batch(20));
    router.finish();
    expect(20, 20, 0, 0);
}

TEST_F(BadSink, a_busy_one_that_refuses_for_ever_ends_with_abandon) {
    sink.on_consume = [](const avocet_batch&, uint32_t, uint32_t& taken) { return taken = 0, AVOCET_AGAIN; };
    start();
    router.offer(source.batch(100));
    ASSERT_TRUE(sink.entered.wait());
    std::thread second_interrupt([&] { router.abandon(); });
    router.finish();
    second_interrupt.join();
    expect(100, 0, 100, 0);
    EXPECT_EQ(sink.calls().back(), "destroy");
}

// A sink that is left behind keeps its thread, so it and what it waits for live as long as the process.
template <class Thing>
Thing& immortal() {
    static auto& all = *new std::vector<Thing*>;  // reachable to the end, for leak checkers
    return *all.emplace_back(new Thing);
}

TEST(StuckSink, is_left_behind_with_its_counts_settled) {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source(schema);
    FakeSink healthy;
    auto& sink = immortal<FakeSink>();
    auto& gate = immortal<Event>();
    auto& out = immortal<Event>();
    sink.on_consume = [&gate, &out, call = 0](const avocet_batch& batch, uint32_t first, uint32_t& taken) mutable {
        if (++call == 2) {
            gate.wait();
            out.set();
        }
        return FakeSink::take_all(batch, first, taken);
    };
    {
        core::Router router(diagnostics);
        router.add_sink("stuck", FakeSink::factory(), sink.abi());
        router.add_sink("healthy", FakeSink::factory(), healthy.abi());
        router.add_route({"r", {}, {"stuck", "healthy"}});
        router.start();
        router.offer(source.batch(10));
        router.drain();                  // these ten are flushed
        router.offer(source.batch(20));  // in these the sink gets stuck
        while (sink.calls().size() < 3) std::this_thread::yield();
        router.offer(source.batch(30));
        router.abandon();
        router.finish();
        auto counts = router.counts();
        EXPECT_EQ(counts[0].offered, 60u);
        EXPECT_EQ(counts[0].delivered, 10u);
        EXPECT_EQ(counts[0].dropped, 50u);
        EXPECT_EQ(counts[0].failed, 0u);
        EXPECT_EQ(counts[1].offered, counts[1].delivered + counts[1].dropped);
        EXPECT_EQ(healthy.calls().back(), "destroy");
        auto reported = diagnostics.take();
        ASSERT_EQ(reported.size(), 1u);
        EXPECT_EQ(reported[0].message, "sink 'stuck': did not come back from its last call, left behind");
        gate.set();  // it does come back in the end: the settled counts stay as they are
        ASSERT_TRUE(out.wait());
        while (sink.serials().size() < 30) std::this_thread::yield();
        EXPECT_EQ(router.counts()[0].delivered, 10u);
    }
    EXPECT_THAT(sink.calls(), testing::Not(testing::Contains("destroy")));
}

TEST(StuckSink, rows_it_never_flushed_are_failed) {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source(schema);
    auto& sink = immortal<FakeSink>();
    auto& gate = immortal<Event>();
    auto& flushing = immortal<Event>();
    auto& out = immortal<Event>();
    sink.on_flush = [&] {
        flushing.set();
        gate.wait();
        out.set();
        return 0;
    };
    core::Router router(diagnostics);
    router.add_sink("stuck", FakeSink::factory(), sink.abi());
    router.add_route({"r", {}, {"stuck"}});
    router.start();
    router.offer(source.batch(10));
    ASSERT_TRUE(flushing.wait());
    router.abandon();
    router.finish();
    EXPECT_EQ(router.counts()[0].delivered, 0u);
    EXPECT_EQ(router.counts()[0].failed, 10u);
    gate.set();
    ASSERT_TRUE(out.wait());
}

}  // namespace
}  // namespace avocet::topology
