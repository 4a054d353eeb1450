// SPDX-License-Identifier: Apache-2.0
//
// Slow sinks: what each policy keeps and drops, to the record, and that nobody else notices.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <random>

#include "fakes.hpp"
#include "route/queue.hpp"

namespace avocet::topology {
namespace {

using core::RouteConfig;
using core::WhenFull;

std::vector<uint64_t> range(uint64_t first, uint64_t end) {
    std::vector<uint64_t> out(end - first);
    std::iota(out.begin(), out.end(), first);
    return out;
}

std::vector<uint64_t> join(std::vector<uint64_t> a, const std::vector<uint64_t>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

struct FullQueue : testing::Test {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source{schema};
    FakeSink slow, fast;
    Event gate;
    core::Router router{diagnostics};

    // Starts, offers one row and waits until the slow sink holds it, so that from here its queue is empty and stays so.
    void start(WhenFull policy, uint64_t capacity) {
        slow.on_consume = FakeSink::behind(gate);
        router.add_sink("slow", FakeSink::factory(), slow.abi());
        router.add_sink("fast", FakeSink::factory(), fast.abi());
        router.add_route({"to slow", {}, {"slow"}, capacity, policy});
        router.add_route({"to fast", {}, {"fast"}});
        router.start();
        router.offer(source.batch(1));
        ASSERT_TRUE(slow.entered.wait());
    }
    void finish() {
        gate.set();
        router.finish();
    }
    void expect(size_t index, uint64_t offered, uint64_t delivered, uint64_t dropped) {
        auto counts = router.counts()[index];
        EXPECT_EQ(counts.offered, offered);
        EXPECT_EQ(counts.delivered, delivered);
        EXPECT_EQ(counts.dropped, dropped);
        EXPECT_EQ(counts.failed, 0u);
    }
};

TEST_F(FullQueue, drop_newest_keeps_what_came_first) {
    start(WhenFull::drop_newest, 100);
    for (int i = 0; i < 40; ++i) router.offer(source.batch(7));  // 1..281
    expect(0, 281, 0, 180);
    finish();
    EXPECT_EQ(slow.serials(), range(0, 101));
    expect(0, 281, 101, 180);
    EXPECT_EQ(fast.serials(), range(0, 281));
    expect(1, 281, 281, 0);
}

TEST_F(FullQueue, drop_oldest_keeps_what_came_last) {
    start(WhenFull::drop_oldest, 100);
    for (int i = 0; i < 40; ++i) router.offer(source.batch(7));
    expect(0, 281, 0, 180);
    finish();
    EXPECT_EQ(slow.serials(), join({0}, range(181, 281)));
    expect(0, 281, 101, 180);
    EXPECT_EQ(fast.serials(), range(0, 281));
}

TEST_F(FullQueue, a_batch_larger_than_the_queue_is_split) {
    start(WhenFull::drop_oldest, 10);
    router.offer(source.batch(1000));
    finish();
    EXPECT_EQ(slow.serials(), join({0}, range(991, 1001)));
    expect(0, 1001, 11, 990);
}

TEST_F(FullQueue, a_batch_larger_than_the_queue_is_split_at_the_other_end) {
    start(WhenFull::drop_newest, 10);
    router.offer(source.batch(1000));
    finish();
    EXPECT_EQ(slow.serials(), range(0, 11));
    expect(0, 1001, 11, 990);
}

TEST_F(FullQueue, block_holds_the_source_back_and_loses_nothing) {
    start(WhenFull::block, 64);
    std::atomic<uint64_t> handed_over = source.made();
    std::thread producer([&] {
        for (int i = 0; i < 100; ++i) {
            auto batch = source.batch(50);
            router.offer(batch);
            handed_over += 50;
        }
    });
    // The second batch cannot get in as a whole while the gate is shut.
    while (router.counts()[0].offered < 101) std::this_thread::yield();
    EXPECT_EQ(handed_over, 51u);
    EXPECT_EQ(router.counts()[0].delivered, 0u);
    gate.set();
    producer.join();
    router.finish();
    EXPECT_EQ(slow.serials(), range(0, 5001));
    expect(0, 5001, 5001, 0);
}

TEST_F(FullQueue, finish_lets_a_blocked_offer_through) {
    start(WhenFull::block, 8);
    std::thread producer([&] { router.offer(source.batch(500)); });
    while (router.counts()[0].offered < 501) std::this_thread::yield();
    std::thread opener([&] { gate.set(); });
    router.finish();
    producer.join();
    opener.join();
    EXPECT_EQ(slow.serials(), range(0, 501));
    expect(0, 501, 501, 0);
}

TEST_F(FullQueue, abandon_frees_a_blocked_offer_and_counts_the_rest_as_dropped) {
    start(WhenFull::block, 8);
    std::thread producer([&] { router.offer(source.batch(500)); });
    while (router.counts()[0].offered < 501) std::this_thread::yield();
    router.abandon();
    producer.join();
    expect(0, 501, 0, 500);
    finish();
    EXPECT_EQ(slow.serials(), range(0, 1));
    expect(0, 501, 1, 500);
}

TEST_F(FullQueue, a_zero_capacity_still_passes_one_record_at_a_time) {
    start(WhenFull::block, 0);
    gate.set();
    router.offer(source.batch(20));
    router.finish();
    EXPECT_EQ(slow.serials(), range(0, 21));
}

// Half a map on the screen would be a wrong map.
TEST_F(FullQueue, a_map_snapshot_is_never_split) {
    Schema map(AVOCET_RECORD_MAP, "tool", "@m");
    for (auto policy : {WhenFull::drop_newest, WhenFull::drop_oldest, WhenFull::block}) {
        core::RouteQueue queue(RouteConfig{"r", {}, {"s"}, 100, policy}, "s");
        Source maps(map);
        auto offer = [&](uint32_t rows) { return queue.offer({maps.batch(rows), 0, rows, 0}); };
        EXPECT_EQ(offer(250), 250u) << "larger than the queue, but it is empty";
        EXPECT_EQ(offer(30), policy == WhenFull::block ? 0u : 30u);
        auto kept = queue.take();
        EXPECT_EQ(kept.rows(), policy == WhenFull::drop_oldest ? 30u : 250u);
        EXPECT_TRUE(queue.empty());
        EXPECT_EQ(offer(60), 60u);
        EXPECT_EQ(offer(60), policy == WhenFull::block ? 0u : 60u);
        EXPECT_EQ(queue.take().rows(), 60u);
        EXPECT_TRUE(queue.empty());
        EXPECT_EQ(queue.counts().dropped, policy == WhenFull::drop_oldest ? 310u
                                          : policy == WhenFull::block     ? 0u
                                                                          : 90u);
    }
}

// What a sink refused with AGAIN goes back to the queue and is the oldest there.
TEST_F(FullQueue, drop_oldest_drops_what_the_sink_refused) {
    slow.on_consume = [&](const avocet_batch&, uint32_t, uint32_t& taken) { return taken = 0, AVOCET_AGAIN; };
    router.add_sink("slow", FakeSink::factory(), slow.abi());
    router.add_route({"r", {}, {"slow"}, 10, WhenFull::drop_oldest});
    router.start();
    router.offer(source.batch(10));
    ASSERT_TRUE(slow.entered.wait());
    router.offer(source.batch(10));
    // Either order of the refusal and the second offer ends with the ten youngest in the queue.
    while (router.counts()[0].dropped < 10) std::this_thread::yield();
    EXPECT_EQ(router.counts()[0].dropped, 10u);
    router.abandon();
    router.finish();
    EXPECT_EQ(router.counts()[0].dropped, 20u);
}

// Whatever the sinks do, every record is somewhere.
TEST(Accounting, random_sinks_add_up_to_the_record) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
        core::Diagnostics diagnostics;
        Schema schema;
        Source source(schema);
        FakeSink sinks[3];
        core::Router router(diagnostics);
        std::mt19937 random(seed);
        for (int s = 0; s < 3; ++s) {
            sinks[s].on_consume = [generator = std::mt19937(seed * 10 + s)](const avocet_batch& batch, uint32_t first,
                                                                            uint32_t& taken) mutable -> avocet_status {
                taken = generator() % (batch.row_count - first + 1);
                if (taken == batch.row_count - first) return AVOCET_OK;
                return generator() % 8 ? AVOCET_ERR_IO : AVOCET_AGAIN;
            };
            router.add_sink("s" + std::to_string(s), FakeSink::factory(), sinks[s].abi());
        }
        router.add_route({"block", {}, {"s0"}, 1 + random() % 200, WhenFull::block});
        router.add_route({"newest", {}, {"s1"}, 1 + random() % 200, WhenFull::drop_newest});
        router.add_route({"oldest", {}, {"s2"}, 1 + random() % 200, WhenFull::drop_oldest});
        router.start();
        for (int i = 0; i < 60; ++i) {
            router.offer(source.batch(1 + random() % 100));
            if (i % 20 == 0) router.drain();
        }
        router.finish();
        auto counts = router.counts();
        for (int s = 0; s < 3; ++s) {
            EXPECT_EQ(counts[s].offered, source.made());
            EXPECT_EQ(counts[s].offered, counts[s].delivered + counts[s].dropped + counts[s].failed) << "seed " << seed;
            auto serials = sinks[s].serials();
            EXPECT_EQ(serials.size(), counts[s].delivered) << "seed " << seed;
            EXPECT_TRUE(std::adjacent_find(serials.begin(), serials.end(), std::greater_equal<>()) == serials.end());
        }
        EXPECT_EQ(counts[0].dropped, 0u);
    }
}

}  // namespace
}  // namespace avocet::topology
