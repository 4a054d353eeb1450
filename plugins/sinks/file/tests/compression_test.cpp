// SPDX-License-Identifier: Apache-2.0
//
// Compressed streams: whole frames, readable by the zstd command at any time after a flush.
#include "scratch.hpp"

namespace avocet::testing {
namespace {

struct Compressed : ::testing::Test {
    Scratch scratch;
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};
    std::string path = scratch / "log.zst";

    LoadedSink::Settings with(LoadedSink::Settings more) const {
        more.emplace("path", path);
        more.emplace("compress", "zstd");
        return more;
    }
    std::string plain(const std::string& file) const {
        EXPECT_EQ(std::system(("zstd -q -d -f -o " + scratch / "plain" + " " + file).c_str()), 0) << file;
        return content(scratch / "plain");
    }
};

TEST_F(Compressed, decompresses_to_the_exact_lines_after_every_flush) {
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    uint64_t rows = 0;
    for (uint32_t n : {1u, 100u, 1000u, 3u}) {
        sink.consume(events.rows(n));
        rows += n;
        EXPECT_EQ(sink.flush(), 0u);
        EXPECT_TRUE(plain(path) == text_rows(0, rows));
    }
    sink.close();
    EXPECT_TRUE(plain(path) == text_rows(0, rows));
    EXPECT_LT(content(path).size(), text_rows(0, rows).size());
}

TEST_F(Compressed, a_second_run_appends_frames) {
    for (int run = 0; run < 2; ++run) {
        LoadedSink sink(PLUGIN_FILE, host, with({{"append", "true"}}));
        sink.consume(events.rows(10));
        sink.close();
    }
    EXPECT_EQ(plain(path), text_rows(0, 20));
}

TEST_F(Compressed, a_torn_frame_is_cut_before_appending) {
    {
        LoadedSink sink(PLUGIN_FILE, host, with({}));
        sink.consume(events.rows(10));
        sink.flush();
        sink.consume(events.rows(10));
        sink.close();
    }
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5);
    LoadedSink sink(PLUGIN_FILE, host, with({{"append", "true"}}));
    sink.consume(events.rows(5));
    sink.close();
    EXPECT_EQ(plain(path), text_rows(0, 10) + text_rows(20, 25));
    EXPECT_EQ(host.reports().size(), 1u);
}

TEST_F(Compressed, a_plain_file_is_not_appended_to) {
    std::ofstream(path) << "plain text\n";
    LoadedSink sink(PLUGIN_FILE, host, with({{"append", "true"}}));
    EXPECT_EQ(sink.status(), AVOCET_ERR_INVALID);
    EXPECT_EQ(content(path), "plain text\n");
}

TEST_F(Compressed, rotates_at_frames) {
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "100"}, {"rotate.keep", "1000"}}));
    for (int i = 0; i < 50; ++i) {
        sink.consume(events.rows(10));
        sink.flush();
    }
    sink.close();
    std::string all;
    size_t files = scratch.names().size();
    ASSERT_GT(files, 5u);
    for (size_t n = files - 1; n >= 1; --n) all += plain(path + "." + std::to_string(n));
    EXPECT_EQ(all + plain(path), text_rows(0, 500));
}

}  // namespace
}  // namespace avocet::testing
