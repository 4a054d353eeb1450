// SPDX-License-Identifier: Apache-2.0
//
// sink.exec with real commands: one that reads, that blocks, that exits, that is killed, that never ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;

struct Exec : ::testing::Test {
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};
    std::string directory = ::testing::TempDir() + "avocet-exec-XXXXXX";

    void SetUp() override {
        ::signal(SIGPIPE, SIG_IGN);  // as the host does
        ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    std::string file(const std::string& name) const { return directory + "/" + name; }
    static std::string content(const std::string& path) {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    // Gives rows until the end of the command is noticed; returns how many were lost.
    uint64_t lost_until_told(LoadedSink& sink) {
        for (uint64_t lost = 0;;) {
            given += sink.step(events.rows(1)).taken;
            lost += sink.flush();
            if (!host.reports().empty()) return lost;
        }
    }
    uint64_t given = 0;
    // Waits for a pipe of the test's own: nothing is slept for.
    std::string fifo(const std::string& name) const {
        EXPECT_EQ(::mkfifo(file(name).c_str(), 0600), 0);
        return file(name);
    }
};

TEST_F(Exec, every_record_is_a_line_and_a_map_is_one_unit) {
    Records map(AVOCET_RECORD_MAP, "@m");
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "cat > " + file("out")}});
    ASSERT_EQ(sink.status(), AVOCET_OK);
    EXPECT_EQ(sink.consume(events.rows(2)), 0u);
    EXPECT_EQ(sink.consume(map.rows(1)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(file("out")), "{\"n\":\"row 0\"}\n{\"n\":\"row 1\"}\n{\"n\":\"@m: 0\"}\n");
    EXPECT_TRUE(host.reports().empty());
}

TEST_F(Exec, more_than_a_pipe_holds_arrives_whole) {
    host.padding = std::string(100, '.');
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "wc -l > " + file("out")}});
    for (int i = 0; i < 20; ++i) EXPECT_EQ(sink.consume(events.rows(1000)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(std::stoul(content(file("out"))), 20000u);
}

TEST_F(Exec, a_blocking_command_holds_rows_back_and_is_ended_with_an_exact_count) {
    std::string opened = fifo("opened");
    // Never reads. `exec` so that the one process is the one that is terminated.
    LoadedSink sink(PLUGIN_FILE, host,
                    {{"command", "echo up > " + opened + "; exec sleep 600"}, {"end_wait_ms", "50"}});
    EXPECT_EQ(content(opened), "up\n");
    host.padding = std::string(1000, '.');
    auto step = sink.step(events.rows(1000));
    EXPECT_EQ(step.status, AVOCET_AGAIN);
    EXPECT_GT(step.taken, 10u);
    EXPECT_LT(step.taken, 1000u);
    EXPECT_EQ(sink.close(), step.taken);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_THAT(host.reports()[0], HasSubstr("did not end with its input and was terminated; " +
                                             std::to_string(step.taken) + " records were not read"));
}

TEST_F(Exec, a_command_that_fails_is_told_with_its_status_and_every_later_record_is_lost) {
    // The shell reads byte by byte, so it has read one line exactly.
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "read line; exit 3"}});
    const uint64_t lost = lost_until_told(sink);
    EXPECT_EQ(lost, given - 1);
    EXPECT_THAT(host.reports()[0], HasSubstr("exited with status 3 before the tracing ended"));
    sink.consume(events.rows(7));
    EXPECT_EQ(sink.close(), 7u);
    EXPECT_EQ(host.reports().size(), 1u) << "told once";
}

TEST_F(Exec, a_killed_command_is_told_with_its_signal) {
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "kill -9 $$"}});
    const uint64_t lost = lost_until_told(sink);
    EXPECT_EQ(lost, given);
    EXPECT_THAT(host.reports()[0], HasSubstr("was killed by signal 9 (Killed)"));
}

TEST_F(Exec, a_command_that_has_read_enough_ends_the_sink) {
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "exit 0"}});
    const uint64_t lost = lost_until_told(sink);
    EXPECT_EQ(lost, given);
    EXPECT_THAT(host.reports()[0], HasSubstr("exited with status 0 before the tracing ended"));
    EXPECT_EQ(sink.step(events.rows(1)).status, AVOCET_STOP);
}

TEST_F(Exec, rows_left_in_the_pipe_of_a_dead_command_are_lost_exactly) {
    std::string go = fifo("go");
    // Reads one line (the shell reads byte by byte) once it is told to, then exits with two lines unread.
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "read x < " + go + "; read line; exit 0"}});
    EXPECT_EQ(sink.consume(events.rows(3)), 0u);
    EXPECT_EQ(sink.flush(), 0u);
    std::ofstream(go) << "go\n";
    EXPECT_EQ(sink.close(), 2u);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_THAT(host.reports()[0],
                HasSubstr("exited with status 0 before it had read everything; 2 records were not read"));
}

TEST_F(Exec, a_command_that_does_not_exist_is_told) {
    LoadedSink sink(PLUGIN_FILE, host, {{"command", "/nonexistent/command 2>/dev/null"}});
    EXPECT_EQ(sink.close(), 0u);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_THAT(host.reports()[0], HasSubstr("command '/nonexistent/command 2>/dev/null' exited with status 127"));
}

}  // namespace
}  // namespace avocet::testing
