// SPDX-License-Identifier: Apache-2.0
//
// What ends up in a healthy file.
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.hpp"

namespace avocet::testing {
namespace {

struct File : ::testing::Test {
    Scratch scratch;
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};
    std::string path = scratch / "log";

    LoadedSink::Settings with(LoadedSink::Settings more) const {
        more.emplace("path", path);
        return more;
    }
};

TEST_F(File, rows_arrive_in_order_whatever_the_batch_sizes) {
    LoadedSink sink(PLUGIN_FILE, host, with({{"buffer", "100"}}));
    ASSERT_EQ(sink.status(), AVOCET_OK);
    uint64_t rows = 0;
    for (uint32_t n : {1u, 2u, 63u, 64u, 1000u, 5u, 1u, 1024u}) {
        EXPECT_EQ(sink.consume(events.rows(n)), 0u);
        rows += n;
    }
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_TRUE(content(path) == text_rows(0, rows));
    EXPECT_TRUE(host.reports().empty());
}

TEST_F(File, what_was_taken_is_in_the_file_after_flush) {
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    sink.consume(events.rows(3));
    EXPECT_EQ(content(path), "") << "three rows do not fill the buffer";
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(content(path), text_rows(0, 3));
}

TEST_F(File, text_holds_data_and_losses_but_not_the_attached_line) {
    Records life(AVOCET_RECORD_LIFECYCLE), loss(AVOCET_RECORD_LOSS), map(AVOCET_RECORD_MAP, "@m");
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    sink.consume(life.text("attached"));
    sink.consume(events.rows(1));
    sink.consume(loss.text("Lost 3 events"));
    sink.consume(life.text("ending"));
    sink.consume(map.rows(2));
    sink.consume(life.text("end"));
    sink.close();
    EXPECT_EQ(content(path), "row 0\nLost 3 events\n\n\n@m: 0\n@m: 1\n");
}

TEST_F(File, json_holds_everything) {
    Records life(AVOCET_RECORD_LIFECYCLE);
    LoadedSink sink(PLUGIN_FILE, host, with({{"format", "json"}}));
    sink.consume(life.text("attached"));
    sink.consume(events.rows(2));
    sink.close();
    EXPECT_EQ(content(path), "{\"n\":\"Attached 1 probe\"}\n{\"n\":\"row 0\"}\n{\"n\":\"row 1\"}\n");
}

TEST_F(File, a_second_run_empties_or_appends) {
    auto run = [&](const char* append) {
        LoadedSink sink(PLUGIN_FILE, host, with({{"append", append}}));
        sink.consume(events.rows(1));
        sink.close();
        return content(path);
    };
    EXPECT_EQ(run("false"), "row 0\n");
    EXPECT_EQ(run("true"), "row 0\nrow 1\n");
    EXPECT_EQ(run("false"), "row 2\n");
}

TEST_F(File, appending_text_begins_on_a_line_of_its_own) {
    std::ofstream(path) << "no newline";
    LoadedSink sink(PLUGIN_FILE, host, with({{"append", "true"}}));
    sink.consume(events.rows(1));
    sink.close();
    EXPECT_EQ(content(path), "no newline\nrow 0\n");
}

TEST_F(File, appending_json_cuts_a_torn_record_and_says_so) {
    std::ofstream(path) << "{\"n\":1}\n{\"n\":2";
    LoadedSink sink(PLUGIN_FILE, host, with({{"append", "true"}, {"format", "json"}}));
    sink.consume(events.rows(1));
    sink.close();
    EXPECT_EQ(content(path), "{\"n\":1}\n{\"n\":\"row 0\"}\n");
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "file '" + path + "': ended in the middle of a record, 6 bytes were cut off");
}

TEST_F(File, new_files_have_the_mode_asked_for) {
    mode_t before = ::umask(022);
    auto mode_of = [&](LoadedSink::Settings settings) {
        std::filesystem::remove(path);
        LoadedSink sink(PLUGIN_FILE, host, with(std::move(settings)));
        struct stat status {};
        EXPECT_EQ(::stat(path.c_str(), &status), 0);
        return status.st_mode & 0777;
    };
    EXPECT_EQ(mode_of({}), 0640u);
    EXPECT_EQ(mode_of({{"mode", "0664"}}), 0664u);
    EXPECT_EQ(mode_of({{"mode", "600"}}), 0600u);
    ::umask(before);
}

TEST_F(File, what_cannot_be_a_mode_is_refused) {
    for (const char* mode : {"", "9", "rw", "07777", "1777", "0440"}) {
        LoadedSink sink(PLUGIN_FILE, host, with({{"mode", mode}}));
        EXPECT_EQ(sink.status(), AVOCET_ERR_INVALID) << mode;
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(File, a_path_that_cannot_be_written_is_refused_before_anything_runs) {
    auto refusal = [&](const std::string& wrong) {
        LoadedSink sink(PLUGIN_FILE, host, {{"path", wrong}});
        EXPECT_LT(sink.status(), 0) << wrong;
        return host.reports().back();
    };
    EXPECT_EQ(refusal(scratch / "missing/log"), "file '" + scratch / "missing/log" + "': directory '" +
                                                    scratch / "missing" +
                                                    "' cannot be opened: No such file or directory");
    EXPECT_EQ(refusal(scratch.path() + "/"), "file '" + scratch.path() + "/': is a directory");
    std::filesystem::create_directory(scratch / "dir");
    EXPECT_EQ(refusal(scratch / "dir"), "file '" + scratch / "dir" + "': cannot be opened for writing: Is a directory");
}

TEST_F(File, one_file_has_one_writer) {
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    LoadedSink second(PLUGIN_FILE, host, with({}));
    EXPECT_EQ(second.status(), AVOCET_ERR_STATE);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "file '" + path + "': is being written by another process");
}

TEST_F(File, fsync_policies_change_nothing_that_is_seen) {
    for (const char* policy : {"never", "close", "flush", "interval"}) {
        LoadedSink sink(PLUGIN_FILE, host,
                        with({{"fsync", policy}, {"fsync_interval", "1000000"}, {"append", "true"}}));
        sink.consume(events.rows(10));
        EXPECT_EQ(sink.flush(), 0u);
        EXPECT_EQ(sink.close(), 0u);
    }
    EXPECT_EQ(content(path), text_rows(0, 40));
}

TEST_F(File, a_link_to_a_file_is_followed_where_only_its_owner_makes_links) {
    ASSERT_EQ(::symlink((scratch / "target").c_str(), path.c_str()), 0);
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(1));
    sink.close();
    EXPECT_EQ(content(scratch / "target"), "row 0\n");
}

TEST_F(File, the_null_device_takes_everything) {
    LoadedSink sink(PLUGIN_FILE, host, {{"path", "/dev/null"}, {"rotate.size", "10"}, {"fsync", "flush"}});
    ASSERT_EQ(sink.status(), AVOCET_OK);
    for (int i = 0; i < 3; ++i) sink.consume(events.rows(100));
    EXPECT_EQ(sink.flush() + sink.close(), 0u);
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace avocet::testing
