// SPDX-License-Identifier: Apache-2.0
//
// Rotation: when, under which names, how many stay, and that no row is lost, doubled or split on the way.
#include <gmock/gmock.h>
#include <time.h>

#include "scratch.hpp"

namespace avocet::testing {
namespace {

using ::testing::ElementsAre;

struct Rotate : ::testing::Test {
    Scratch scratch;
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};
    std::string path = scratch / "log";

    // Rows 0 to 9 are six bytes each, 10 to 99 seven.
    LoadedSink::Settings with(LoadedSink::Settings more) const {
        more.emplace("path", path);
        return more;
    }
};

TEST_F(Rotate, by_size_never_exceeds_it_and_keeps_every_row) {
    for (uint32_t batch : {1u, 3u, 100u, 1000u}) {
        Scratch here;
        Records rows(AVOCET_RECORD_EVENT);
        LoadedSink sink(PLUGIN_FILE, host, {{"path", here / "log"}, {"rotate.size", "500"}, {"rotate.keep", "1000"}});
        for (uint32_t done = 0; done < 3000; done += batch) sink.consume(rows.rows(batch));
        EXPECT_EQ(sink.close(), 0u);
        std::string all;
        size_t files = here.names().size();
        for (size_t n = files - 1; n >= 1; --n) {
            std::string part = content(here / "log." + std::to_string(n));
            EXPECT_LE(part.size(), 500u);
            EXPECT_GT(part.size(), 480u) << "files should be filled";
            EXPECT_EQ(part.back(), '\n');
            all += part;
        }
        all += content(here / "log");
        EXPECT_TRUE(all == text_rows(0, 3000)) << "batches of " << batch;
    }
}

TEST_F(Rotate, keeps_as_many_closed_files_as_asked) {
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "12"}, {"rotate.keep", "2"}}));
    sink.consume(events.rows(10));
    sink.close();
    EXPECT_THAT(scratch.names(), ElementsAre("log", "log.1", "log.2"));
    EXPECT_EQ(content(path), "row 8\nrow 9\n");
    EXPECT_EQ(content(path + ".1"), "row 6\nrow 7\n");
    EXPECT_EQ(content(path + ".2"), "row 4\nrow 5\n");
}

TEST_F(Rotate, keep_zero_keeps_the_current_file_only) {
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "12"}, {"rotate.keep", "0"}}));
    sink.consume(events.rows(10));
    sink.close();
    EXPECT_THAT(scratch.names(), ElementsAre("log"));
    EXPECT_EQ(content(path), "row 8\nrow 9\n");
}

TEST_F(Rotate, a_row_larger_than_the_limit_gets_a_file_of_its_own) {
    host.padding = std::string(100, '.');
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "50"}}));
    sink.consume(events.rows(3));
    sink.close();
    EXPECT_EQ(content(path), text_rows(2, 3, host.padding));
    EXPECT_EQ(content(path + ".1"), text_rows(1, 2, host.padding));
    EXPECT_EQ(content(path + ".2"), text_rows(0, 1, host.padding));
}

TEST_F(Rotate, an_earlier_run_is_rotated_away_not_overwritten) {
    std::ofstream(path) << "earlier\n";
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "1000"}}));
    sink.consume(events.rows(1));
    sink.close();
    EXPECT_EQ(content(path), "row 0\n");
    EXPECT_EQ(content(path + ".1"), "earlier\n");
}

TEST_F(Rotate, an_earlier_run_is_continued_on_demand_and_counts_for_the_size) {
    std::ofstream(path) << "earlier\n";
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "20"}, {"append", "true"}}));
    sink.consume(events.rows(4));
    sink.close();
    EXPECT_EQ(content(path + ".1"), "earlier\nrow 0\nrow 1\n");
    EXPECT_EQ(content(path), "row 2\nrow 3\n");
}

TEST_F(Rotate, closed_files_are_compressed_and_shift_as_such) {
    LoadedSink sink(PLUGIN_FILE, host,
                    with({{"rotate.size", "12"}, {"rotate.keep", "2"}, {"rotate.compress", "zstd"}}));
    for (int i = 0; i < 10; ++i) {
        sink.consume(events.rows(1));
        sink.flush();
    }
    sink.close();
    EXPECT_THAT(scratch.names(), ElementsAre("log", "log.1.zst", "log.2.zst"));
    EXPECT_EQ(std::system(("cd " + scratch.path() + " && zstd -q -d log.1.zst log.2.zst").c_str()), 0);
    EXPECT_EQ(content(path), "row 8\nrow 9\n");
    EXPECT_EQ(content(path + ".1"), "row 6\nrow 7\n");
    EXPECT_EQ(content(path + ".2"), "row 4\nrow 5\n");
    EXPECT_TRUE(host.reports().empty());
}

// The clock is real, so the test looks at names rather than at how many files there are.
TEST_F(Rotate, by_time_gives_every_file_the_name_of_its_time) {
    path = scratch / "log-{date}-{time}";
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.every", "1000000000"}, {"rotate.keep", "9999"}}));
    sink.consume(events.rows(1));
    sink.flush();
    auto first = scratch.names();
    ASSERT_EQ(first.size(), 1u);
    while (scratch.names().size() < 2) {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        sink.tick(static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec));
    }
    sink.consume(events.rows(1));
    sink.close();
    auto names = scratch.names();
    ASSERT_EQ(names.size(), 2u);
    EXPECT_EQ(content(scratch / *names.begin()), "row 0\n");
    EXPECT_EQ(content(scratch / *names.rbegin()), "row 1\n");
    for (auto& name : names) EXPECT_THAT(name, ::testing::MatchesRegex("log-[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{6}"));
}

TEST_F(Rotate, an_empty_file_is_not_rotated_by_time) {
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.every", "1000000000"}}));
    sink.tick(UINT64_MAX / 2);
    sink.close();
    EXPECT_THAT(scratch.names(), ElementsAre("log"));
}

TEST_F(Rotate, a_map_snapshot_stays_in_one_file) {
    Records map(AVOCET_RECORD_MAP, "@m");
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "30"}}));
    sink.consume(events.rows(3));
    sink.consume(map.rows(4));
    sink.close();
    EXPECT_EQ(content(path + ".1"), "row 0\nrow 1\nrow 2\n");
    EXPECT_EQ(content(path), "@m: 0\n@m: 1\n@m: 2\n@m: 3\n");
}

}  // namespace
}  // namespace avocet::testing
