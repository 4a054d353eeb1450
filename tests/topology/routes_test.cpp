// SPDX-License-Identifier: Apache-2.0
//
// What stands before and behind a queue: filters and samplers (left out, not lost), retries, dead letters; and a graph
// that is replaced while records come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "fakes.hpp"

namespace avocet::topology {
namespace {

using core::RouteConfig;
using core::WhenFull;
using testing::HasSubstr;

std::vector<uint64_t> range(uint64_t first, uint64_t end) {
    std::vector<uint64_t> out(end - first);
    std::iota(out.begin(), out.end(), first);
    return out;
}

struct Routes : testing::Test {
    core::Diagnostics diagnostics;
    core::Renderer renderer{avocet_host_symbols{}};
    Schema schema;
    Source source{schema};
    FakeSink sink, other;
    core::Router router{diagnostics, &renderer};
    std::filesystem::path directory;

    Routes() {
        std::string name = "/tmp/avocet-routes-XXXXXX";
        if (mkdtemp(name.data())) directory = name;
        schema.abi.output = AVOCET_OUTPUT_TABLE;
    }
    ~Routes() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }
    void start(RouteConfig route) {
        router.add_sink("sink", FakeSink::factory(), sink.abi());
        ASSERT_TRUE(router.add_route(std::move(route)));
        router.start();
    }
    std::vector<std::string> lines(const std::string& name) {
        std::ifstream file(directory / name);
        std::vector<std::string> out;
        for (std::string line; std::getline(file, line);) out.push_back(line);
        return out;
    }
};

TEST_F(Routes, a_filter_leaves_out_and_counts) {
    RouteConfig route{"r", {}, {"sink"}};
    route.match.where = "serial >= 3 && serial < 6 || serial == 9";
    start(route);
    router.offer(source.batch(4));
    router.offer(source.batch(10));
    router.finish();
    EXPECT_EQ(sink.serials(), (std::vector<uint64_t>{3, 4, 5, 9}));
    auto counts = router.counts().at(0);
    EXPECT_EQ(counts.offered, 4u);
    EXPECT_EQ(counts.delivered, 4u);
    EXPECT_EQ(counts.filtered, 10u);
    EXPECT_EQ(counts.dropped + counts.failed, 0u) << "what is not wanted is not lost";
}

// A misspelled name would be silent: nothing passes, or nothing is redacted.
TEST_F(Routes, names_that_no_record_has_are_told) {
    RouteConfig route{"r", {}, {"sink"}};
    route.match.where = "serail >= 3 || serial == 1 || map == \"@x\"";
    route.transform.redact = {{"seral*", true, "", ""}, {"ser*", true, "", ""}};
    route.transform.drop = {"nothing"};
    start(route);
    EXPECT_TRUE(router.unknown_names().empty()) << "before any record nothing is known";
    router.offer(source.batch(4));
    router.finish();
    std::vector<std::string> told;
    for (const auto& u : router.unknown_names()) told.push_back(u.setting + " " + u.name + " " + u.hint);
    EXPECT_EQ(told, (std::vector<std::string>{"where serail did you mean 'serial'?", "drop nothing there were: serial",
                                              "redact seral* did you mean 'serial'?"}));
}

TEST_F(Routes, a_sampler_leaves_out_and_counts_but_only_events) {
    Schema loss(AVOCET_RECORD_LOSS);
    Source losses(loss);
    RouteConfig route{"r", {}, {"sink"}};
    route.sample.one_in = 10;
    start(route);
    for (int i = 0; i < 5; ++i) router.offer(source.batch(7));
    router.offer(losses.batch(3));
    router.finish();
    EXPECT_EQ(sink.serials(), (std::vector<uint64_t>{0, 10, 20, 30, 0, 1, 2}));
    EXPECT_EQ(router.counts().at(0).sampled_out, 31u);
}

TEST_F(Routes, severities) {
    RouteConfig route{"r", {}, {"sink"}};
    route.match.severities = {"error"};
    start(route);
    router.offer(source.batch(5));
    router.finish();
    EXPECT_TRUE(sink.serials().empty());
    EXPECT_EQ(router.counts().at(0).filtered, 5u);
}

TEST_F(Routes, a_refused_record_is_tried_again) {
    std::atomic<int> refusals = 3;
    sink.on_consume = [&](const avocet_batch& batch, uint32_t first, uint32_t& taken) -> avocet_status {
        if (batch.rows[first].v.u == 2 && refusals-- > 0) return AVOCET_ERR_IO;
        taken = 1;
        return first + 1 == batch.row_count ? AVOCET_OK : AVOCET_AGAIN;
    };
    RouteConfig route{"r", {}, {"sink"}};
    route.retry = {3, 1000, 10'000};
    start(route);
    router.offer(source.batch(5));
    router.finish();
    EXPECT_EQ(sink.serials(), range(0, 5));
    EXPECT_EQ(router.counts().at(0).failed, 0u);
}

TEST_F(Routes, a_record_that_is_refused_too_often_is_a_dead_letter) {
    sink.on_consume = [&](const avocet_batch& batch, uint32_t first, uint32_t& taken) -> avocet_status {
        if (batch.rows[first].v.u == 2) return AVOCET_ERR_IO;
        taken = 1;
        return first + 1 == batch.row_count ? AVOCET_OK : AVOCET_AGAIN;
    };
    RouteConfig route{"r", {}, {"sink"}};
    route.retry = {2, 1000, 10'000};
    route.dead_letter_path = directory / "dead";
    start(route);
    router.offer(source.batch(5));
    router.finish();
    EXPECT_EQ(sink.serials(), (std::vector<uint64_t>{0, 1, 3, 4}));
    EXPECT_EQ(router.counts().at(0).failed, 1u);
    auto dead = lines("dead");
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_THAT(dead[0], HasSubstr("\"route\": \"r\", \"sink\": \"sink\", \"cause\": \"refused by the sink\", "
                                   "\"record\": {\"type\": \"table\", \"data\": {\"serial\": 2}}}"));
}

TEST_F(Routes, what_a_full_queue_drops_is_written_to_the_record) {
    for (auto policy : {WhenFull::drop_oldest, WhenFull::drop_newest}) {
        core::Router own(diagnostics, &renderer);
        FakeSink slow;
        Event gate;
        Source numbers(schema);
        slow.on_consume = FakeSink::behind(gate);
        own.add_sink("sink", FakeSink::factory(), slow.abi());
        RouteConfig route{"r", {}, {"sink"}, 10, policy};
        const std::string name = policy == WhenFull::drop_oldest ? "oldest" : "newest";
        route.dead_letter_path = directory / name;
        ASSERT_TRUE(own.add_route(route));
        own.start();
        own.offer(numbers.batch(1));
        ASSERT_TRUE(slow.entered.wait());
        for (int i = 0; i < 9; ++i) own.offer(numbers.batch(3));
        gate.set();
        own.finish();
        EXPECT_EQ(own.counts().at(0).dropped, 17u);
        EXPECT_EQ(lines(name).size(), 17u);
        EXPECT_EQ(own.dead_letters().at(0).written, 17u);
        std::vector<uint64_t> all = slow.serials();
        for (const auto& line : lines(name)) all.push_back(std::stoull(line.substr(line.rfind(": ") + 2)));
        std::sort(all.begin(), all.end());
        EXPECT_EQ(all, range(0, 28)) << "delivered or a dead letter, each once";
    }
}

TEST_F(Routes, the_dead_letter_file_is_bounded) {
    sink.on_consume = [](const avocet_batch&, uint32_t, uint32_t&) { return AVOCET_ERR_IO; };
    RouteConfig route{"r", {}, {"sink"}};
    route.dead_letter_path = directory / "dead";
    route.dead_letter_bytes = 1000;
    start(route);
    router.offer(source.batch(100));
    router.finish();
    EXPECT_LE(std::filesystem::file_size(directory / "dead"), 1000u);
    auto letters = router.dead_letters().at(0);
    EXPECT_GT(letters.written, 2u);
    EXPECT_EQ(letters.written, lines("dead").size());
    EXPECT_EQ(letters.written + letters.left_out, 100u);
    EXPECT_EQ(router.counts().at(0).failed, 100u);
}

TEST_F(Routes, a_dead_letter_file_that_cannot_be_opened) {
    router.add_sink("sink", FakeSink::factory(), sink.abi());
    RouteConfig route{"r", {}, {"sink"}};
    route.dead_letter_path = directory / "missing" / "dead";
    EXPECT_FALSE(router.add_route(route));
    EXPECT_THAT(diagnostics.take().at(0).message, HasSubstr("cannot be opened: "));
}

TEST_F(Routes, a_queue_bounded_in_bytes) {
    Event gate;
    sink.on_consume = FakeSink::behind(gate);
    RouteConfig route{"r", {}, {"sink"}, 1'000'000, WhenFull::drop_oldest};
    route.queue_bytes = 64 << 10;
    start(route);
    router.offer(source.batch(1));
    ASSERT_TRUE(sink.entered.wait());
    for (int i = 0; i < 100; ++i) router.offer(source.batch(100));
    gate.set();
    router.finish();
    auto counts = router.counts().at(0);
    EXPECT_EQ(counts.offered, 10'001u);
    EXPECT_EQ(counts.delivered + counts.dropped, 10'001u);
    EXPECT_GT(counts.dropped, 5'000u);
}

// ---- another graph while records come ----

TEST_F(Routes, a_kept_sink_sees_every_record_once_and_in_order) {
    start({"r", {}, {"sink"}, 50});
    uint64_t replacements = 0;
    for (int i = 0; i < 2000; ++i) {
        router.offer(source.batch(7));
        if (i % 20) continue;
        router.begin_replacement();
        router.keep_sink("sink");
        ASSERT_TRUE(router.add_route({"r", {}, {"sink"}, 50}));
        router.replace();
        ++replacements;
    }
    router.finish();
    EXPECT_EQ(replacements, 100u);
    EXPECT_EQ(sink.serials(), range(0, source.made()));
    ASSERT_EQ(router.counts().size(), 1u);
    EXPECT_EQ(router.counts()[0].delivered, source.made());
    EXPECT_EQ(sink.thread_count(), 1u);
    EXPECT_THAT(sink.calls(), testing::Contains("destroy"));
}

TEST_F(Routes, a_replaced_sink_is_closed_before_the_new_one_begins) {
    std::atomic<bool> closed = false, early = false;
    Event gate;
    sink.on_consume = FakeSink::behind(gate);
    sink.on_close = [&] { return closed = true, 0; };
    other.on_consume = [&](const avocet_batch& batch, uint32_t first, uint32_t& taken) {
        early = early || !closed;
        return FakeSink::take_all(batch, first, taken);
    };
    start({"r", {}, {"sink"}});
    for (int i = 0; i < 10; ++i) router.offer(source.batch(5));
    router.begin_replacement();
    router.add_sink("sink", FakeSink::factory(), other.abi());
    ASSERT_TRUE(router.add_route({"r", {}, {"sink"}}));
    router.replace();
    for (int i = 0; i < 10; ++i) router.offer(source.batch(5));
    gate.set();
    router.finish();
    EXPECT_EQ(sink.serials(), range(0, 50));
    EXPECT_EQ(other.serials(), range(50, 100));
    EXPECT_FALSE(early);
    EXPECT_TRUE(other.destroyed.wait());
    EXPECT_TRUE(sink.destroyed.wait());
    EXPECT_EQ(router.counts()[0].delivered, 100u);
}

TEST_F(Routes, a_replacement_that_is_given_up_changes_nothing) {
    start({"r", {}, {"sink"}});
    router.offer(source.batch(5));
    router.begin_replacement();
    router.keep_sink("sink");
    router.add_sink("new", FakeSink::factory(), other.abi());
    EXPECT_FALSE(router.add_route({"r", {}, {"nobody"}}));
    router.cancel_replacement();
    EXPECT_EQ(other.calls(), std::vector<std::string>{"destroy"});
    router.offer(source.batch(5));
    router.finish();
    EXPECT_EQ(sink.serials(), range(0, 10));
}

TEST_F(Routes, giving_up_reaches_replaced_sinks_too) {
    Event gate;
    sink.on_consume = FakeSink::behind(gate);
    start({"r", {}, {"sink"}});
    router.offer(source.batch(1));
    ASSERT_TRUE(sink.entered.wait());
    router.offer(source.batch(10));
    router.begin_replacement();
    router.add_sink("sink", FakeSink::factory(), other.abi());
    ASSERT_TRUE(router.add_route({"r", {}, {"sink"}}));
    router.replace();
    router.offer(source.batch(4));
    router.abandon();
    gate.set();
    router.finish();
    auto counts = router.counts().at(0);
    EXPECT_EQ(counts.offered, 15u);
    EXPECT_EQ(counts.delivered + counts.dropped, 15u);
    EXPECT_EQ(counts.dropped, 14u);
}

}  // namespace
}  // namespace avocet::topology
