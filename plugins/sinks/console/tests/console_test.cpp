// SPDX-License-Identifier: Apache-2.0
//
// The console without a terminal: which stream gets what, and what happens when a stream fails.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

// A standard descriptor that leads to `fd` while this object lives.
class Redirected {
public:
    Redirected(int standard, int fd) : standard_(standard), saved_(::dup(standard)) {
        std::fflush(nullptr);
        ::dup2(fd, standard);
    }
    ~Redirected() {
        ::dup2(saved_, standard_);
        ::close(saved_);
    }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;

private:
    int standard_, saved_;
};

// An unnamed file whose content can be looked at.
class Captured {
public:
    explicit Captured(int standard) : fd_(::memfd_create("captured", 0)), redirected_(standard, fd_) {}
    ~Captured() { ::close(fd_); }
    std::string content() const {
        std::string out(static_cast<size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(fd_, out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
        return out;
    }

private:
    int fd_;
    Redirected redirected_;
};

struct Output {
    std::string out, err;
};

// What a run of every kind of record leaves on the two streams.
Output run_all_kinds(const LoadedSink::Settings& settings) {
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT), map(AVOCET_RECORD_MAP, "@m"), life(AVOCET_RECORD_LIFECYCLE),
        loss(AVOCET_RECORD_LOSS), error(AVOCET_RECORD_ERROR);
    Captured out(STDOUT_FILENO), err(STDERR_FILENO);
    LoadedSink sink(PLUGIN_FILE, host, settings);
    sink.consume(life.text("attached"));
    sink.consume(events.rows(2));
    sink.consume(loss.text("Lost 3 events"));
    sink.consume(error.text("x:1:1: ERROR: bad"));
    sink.consume(life.text("ending"));
    sink.consume(map.rows(1, AVOCET_BATCH_FINAL));
    sink.consume(life.text("end"));
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_TRUE(host.reports().empty());
    return {out.content(), err.content()};
}

TEST(Console, text_puts_data_on_stdout_and_messages_on_stderr) {
    auto [out, err] = run_all_kinds({});
    EXPECT_EQ(out, "row 0\nrow 1\n\n\n@m: 0\n");
    EXPECT_EQ(err, "Attached 1 probe\nLost 3 events\nx:1:1: ERROR: bad\n");
}

TEST(Console, quiet_leaves_out_the_attached_line_only) {
    auto [out, err] = run_all_kinds({{"quiet", "true"}});
    EXPECT_EQ(out, "row 0\nrow 1\n\n\n@m: 0\n");
    EXPECT_EQ(err, "Lost 3 events\nx:1:1: ERROR: bad\n");
}

TEST(Console, full_buffering_writes_at_the_end_and_when_there_is_enough) {
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    Captured out(STDOUT_FILENO);
    LoadedSink sink(PLUGIN_FILE, host, {{"buffer", "full"}});
    sink.consume(events.rows(2));
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(out.content(), "");
    sink.consume(events.rows(10000));  // far more than 64 KiB
    EXPECT_GT(out.content().size(), size_t{64} << 10);
    sink.consume(events.rows(1));
    const size_t before = out.content().size();
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(out.content().size(), before + std::string("row 10002\n").size());
}

TEST(Console, rows_held_when_a_write_fails_are_lost) {
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    int full = ::open("/dev/full", O_WRONLY);
    ASSERT_GE(full, 0);
    Redirected out(STDOUT_FILENO, full);
    ::close(full);
    LoadedSink sink(PLUGIN_FILE, host, {{"buffer", "full"}});
    sink.consume(events.rows(3));
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(sink.close(), 3u);
}

TEST(Console, json_puts_everything_on_stdout) {
    auto [out, err] = run_all_kinds({{"format", "json"}});
    EXPECT_EQ(out,
              "{\"n\":\"Attached 1 probe\"}\n{\"n\":\"row 0\"}\n{\"n\":\"row 1\"}\n{\"n\":\"Lost 3 events\"}\n"
              "{\"n\":\"x:1:1: ERROR: bad\"}\n{\"n\":\"@m: 0\"}\n");
    EXPECT_EQ(err, "");
}

TEST(Console, streams_can_be_moved_or_left_out) {
    auto swapped = run_all_kinds({{"stream", "stderr"}, {"messages", "stdout"}});
    EXPECT_EQ(swapped.err, "row 0\nrow 1\n\n\n@m: 0\n");
    EXPECT_EQ(swapped.out, "Attached 1 probe\nLost 3 events\nx:1:1: ERROR: bad\n");
    auto messages_only = run_all_kinds({{"stream", "none"}});
    EXPECT_EQ(messages_only.out, "");
    EXPECT_EQ(messages_only.err, "Attached 1 probe\nLost 3 events\nx:1:1: ERROR: bad\n");
    auto data_only = run_all_kinds({{"messages", "none"}});
    EXPECT_EQ(data_only.err, "");
}

TEST(Console, data_can_go_to_a_file) {
    std::string path = ::testing::TempDir() + "console_output." + std::to_string(::getpid());
    std::ofstream(path) << "old content, longer than the new one: it must go";
    auto [out, err] = run_all_kinds({{"output", path}});
    EXPECT_EQ(out, "");
    EXPECT_EQ(err, "Attached 1 probe\nLost 3 events\nx:1:1: ERROR: bad\n");
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "row 0\nrow 1\n\n\n@m: 0\n");
    ::unlink(path.c_str());
}

TEST(Console, a_file_that_cannot_be_opened_is_refused_with_the_reason) {
    FakeHost host;
    LoadedSink sink(PLUGIN_FILE, host, {{"output", "/nonexistent/x"}});
    EXPECT_EQ(sink.status(), AVOCET_ERR_IO);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "file '/nonexistent/x': cannot be opened for writing: No such file or directory");
}

TEST(Console, a_symbolic_link_that_anybody_could_have_made_is_not_followed) {
    std::string directory = ::testing::TempDir() + "console_links." + std::to_string(::getpid());
    ASSERT_EQ(::mkdir(directory.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(directory.c_str(), 01777), 0);
    std::string link = directory + "/link", target = directory + "/target";
    ASSERT_EQ(::symlink(target.c_str(), link.c_str()), 0);
    FakeHost host;
    {
        LoadedSink sink(PLUGIN_FILE, host, {{"output", link}});
        EXPECT_EQ(sink.status(), AVOCET_ERR_PERMISSION);
    }
    EXPECT_NE(::access(target.c_str(), F_OK), 0);
    ::unlink(link.c_str());
    ::rmdir(directory.c_str());
}

TEST(Console, messages_are_coloured_on_demand_and_data_never) {
    auto [out, err] = run_all_kinds({{"colour", "always"}});
    EXPECT_EQ(out, "row 0\nrow 1\n\n\n@m: 0\n");
    EXPECT_EQ(err, "Attached 1 probe\n\x1b[33mLost 3 events\x1b[0m\n\x1b[31mx:1:1: ERROR: bad\x1b[0m\n");
}

TEST(Console, a_live_map_without_a_terminal_prints_plainly) {
    FakeHost host;
    Records map(AVOCET_RECORD_MAP, "@m");
    Captured out(STDOUT_FILENO);
    LoadedSink sink(PLUGIN_FILE, host, {});
    sink.consume(map.rows(1, AVOCET_BATCH_REDRAW));
    sink.consume(map.rows(1, AVOCET_BATCH_REDRAW));
    EXPECT_EQ(out.content(), "@m: 0\n@m: 1\n");
}

TEST(Console, a_batch_is_taken_from_the_row_asked_for) {
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    Captured out(STDOUT_FILENO);
    LoadedSink sink(PLUGIN_FILE, host, {});
    avocet_batch batch = events.rows(5);
    batch.rows += 3;
    batch.row_count -= 3;
    sink.consume(batch);
    EXPECT_EQ(out.content(), "row 3\nrow 4\n");
}

TEST(Console, a_host_without_a_renderer_is_refused) {
    FakeHost host;
    host.has_renderer = false;
    LoadedSink sink(PLUGIN_FILE, host, {});
    EXPECT_EQ(sink.status(), AVOCET_ERR_ABI);
    EXPECT_EQ(host.reports().size(), 1u);
}

struct Pipe {
    int ends[2];
    explicit Pipe(int flags = 0) { EXPECT_EQ(::pipe2(ends, flags), 0); }
    ~Pipe() {
        close_reader();
        close_writer();
    }
    void close_reader() { ::close(std::exchange(ends[0], -1)); }
    void close_writer() { ::close(std::exchange(ends[1], -1)); }
};

TEST(Console, a_reader_that_went_away_is_told_once_and_every_row_is_counted) {
    std::signal(SIGPIPE, SIG_IGN);
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    Pipe pipe;
    Redirected out(STDOUT_FILENO, pipe.ends[1]);
    LoadedSink sink(PLUGIN_FILE, host, {});
    EXPECT_EQ(sink.consume(events.rows(10)), 0u);
    EXPECT_EQ(sink.flush(), 0u);
    pipe.close_reader();
    for (int i = 0; i < 5; ++i) sink.consume(events.rows(100));
    EXPECT_EQ(sink.flush(), 500u);
    EXPECT_EQ(sink.close(), 0u);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "sink 'test': standard output was closed by its reader");
}

TEST(Console, a_slow_non_blocking_reader_gets_every_byte) {
    FakeHost host;
    host.padding = std::string(200, '.');
    Records events(AVOCET_RECORD_EVENT);
    Pipe pipe(O_NONBLOCK);
    ::fcntl(pipe.ends[1], F_SETPIPE_SZ, 4096);
    ::fcntl(pipe.ends[0], F_SETFL, 0);
    std::string got;
    std::thread reader([&] {
        char buffer[777];
        for (ssize_t n; (n = ::read(pipe.ends[0], buffer, sizeof buffer)) > 0;)
            got.append(buffer, static_cast<size_t>(n));
    });
    std::string expected;
    {
        Redirected out(STDOUT_FILENO, pipe.ends[1]);
        LoadedSink sink(PLUGIN_FILE, host, {});
        for (int i = 0; i < 3; ++i) sink.consume(events.rows(1000));
        EXPECT_EQ(sink.flush(), 0u);
    }
    pipe.close_writer();
    reader.join();
    for (int i = 0; i < 3000; ++i) expected += "row " + std::to_string(i) + host.padding + "\n";
    EXPECT_TRUE(got == expected) << got.size() << " of " << expected.size() << " bytes";
}

TEST(Console, a_full_disk_loses_exactly_the_rows_that_are_not_whole) {
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    int full = ::open("/dev/full", O_WRONLY);
    if (full < 0) GTEST_SKIP() << "no /dev/full here";
    LoadedSink sink(PLUGIN_FILE, host, {});
    {
        Redirected out(STDOUT_FILENO, full);
        sink.consume(events.rows(7));
    }
    ::close(full);
    EXPECT_EQ(sink.flush(), 7u);
    Captured out(STDOUT_FILENO);
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(out.content(), "row 7\n");
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "sink 'test': standard output cannot be written: No space left on device");
}

// A file that may grow to 50 bytes only: row 0 to row 7 are 48 bytes, row 8 is torn.
TEST(Console, a_torn_row_is_lost_and_does_not_swallow_the_next) {
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    int fd = ::memfd_create("sealed", MFD_ALLOW_SEALING);
    ASSERT_GE(fd, 0);
    {
        rlimit before{}, small{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        small = before;
        small.rlim_cur = 50;
        std::signal(SIGXFSZ, SIG_IGN);
        Redirected out(STDOUT_FILENO, fd);
        LoadedSink sink(PLUGIN_FILE, host, {});
        ::setrlimit(RLIMIT_FSIZE, &small);
        sink.consume(events.rows(20));
        EXPECT_EQ(sink.flush(), 12u);
        ::setrlimit(RLIMIT_FSIZE, &before);
        sink.consume(events.rows(1));
        EXPECT_EQ(sink.flush(), 0u);
    }
    std::string content(static_cast<size_t>(::lseek(fd, 0, SEEK_END)), '\0');
    ASSERT_EQ(::pread(fd, content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
    EXPECT_EQ(content, "row 0\nrow 1\nrow 2\nrow 3\nrow 4\nrow 5\nrow 6\nrow 7\nro\nrow 20\n");
    ::close(fd);
}

}  // namespace
}  // namespace avocet::testing
