// SPDX-License-Identifier: Apache-2.0
//
// Full disks, removed and moved files, dead readers, killed writers: the file holds whole records, and those that are
// missing are counted to the record.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <new>
#include <thread>

#include "scratch.hpp"

namespace avocet::testing {
namespace {

// A disk of 64 KiB, mounted for the test.
class SmallDisk {
public:
    SmallDisk() { mounted_ = ::mount("avocet-test", where_.path().c_str(), "tmpfs", 0, "size=64k") == 0; }
    ~SmallDisk() {
        if (mounted_) ::umount2(where_.path().c_str(), MNT_DETACH);
    }
    explicit operator bool() const { return mounted_; }
    std::string operator/(const std::string& name) const { return where_ / name; }
    void fill() const {
        std::ofstream big(where_ / "filler", std::ios::binary);
        std::string block(1024, 'x');
        while (big.write(block.data(), 1024).flush()) {}
    }
    void free() const { std::filesystem::remove(where_ / "filler"); }

private:
    Scratch where_;
    bool mounted_ = false;
};

#define NEEDS_SMALL_DISK(disk) \
    SmallDisk disk;            \
    if (!disk) GTEST_SKIP() << "mounting a tmpfs needs root"

struct Failure : ::testing::Test {
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};
};

uint64_t rows_in(const std::string& text) { return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')); }

// Batches of `rows` rows until well over the disk: the file is a whole prefix, and the rest is counted.
void overflow(FakeHost& host, Records& events, uint32_t rows, const std::string& buffer) {
    NEEDS_SMALL_DISK(disk);
    std::string path = disk / "log";
    host.padding = std::string(50, '-');
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}, {"buffer", buffer}});
    ASSERT_EQ(sink.status(), AVOCET_OK);
    uint64_t offered = 0, lost = 0;
    while (offered < 4000) {
        sink.consume(events.rows(rows));
        offered += rows;
        lost += sink.flush();
    }
    lost += sink.close();
    std::string got = content(path);
    EXPECT_TRUE(got.ends_with("\n"));
    EXPECT_GT(got.size(), 60000u) << "the disk should be nearly full";
    EXPECT_EQ(got, text_rows(0, rows_in(got), host.padding));
    EXPECT_EQ(rows_in(got) + lost, offered);
    ASSERT_EQ(host.reports().size(), 1u) << "once for the whole spell";
    EXPECT_EQ(host.reports()[0], "file '" + path + "': cannot be written: No space left on device");
}

TEST_F(Failure, a_full_disk_with_large_batches_loses_exactly_what_is_counted) { overflow(host, events, 1000, "65536"); }
TEST_F(Failure, a_full_disk_with_small_batches_loses_exactly_what_is_counted) { overflow(host, events, 10, "65536"); }
TEST_F(Failure, a_full_disk_with_single_rows_loses_exactly_what_is_counted) { overflow(host, events, 1, "1"); }

TEST_F(Failure, writing_goes_on_when_there_is_space_again) {
    NEEDS_SMALL_DISK(disk);
    std::string path = disk / "log";
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    sink.consume(events.rows(2));
    EXPECT_EQ(sink.flush(), 0u);
    disk.fill();
    host.padding = std::string(10000, '-');
    sink.consume(events.rows(3));
    EXPECT_EQ(sink.flush(), 3u);
    disk.free();
    host.padding = "";
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(path), "row 0\nrow 1\nrow 5\n");
    EXPECT_EQ(host.reports().size(), 1u);
}

TEST_F(Failure, a_map_snapshot_that_does_not_fit_is_lost_as_a_whole) {
    NEEDS_SMALL_DISK(disk);
    std::string path = disk / "log";
    Records map(AVOCET_RECORD_MAP, "@m_" + std::string(100, 'x'));
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    sink.consume(events.rows(1));
    sink.consume(map.rows(1000));
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.close(), 1000u);
    EXPECT_EQ(content(path), "row 0\nrow 1\n");
}

TEST_F(Failure, a_full_disk_leaves_whole_zstd_frames) {
    NEEDS_SMALL_DISK(disk);
    std::string path = disk / "log.zst";
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}, {"compress", "zstd"}});
    uint64_t lost = 0;
    uint32_t noise = 12345;
    for (int i = 0; i < 200; ++i) {
        host.padding.clear();  // does not compress
        for (int k = 0; k < 1000; ++k)
            host.padding += static_cast<char>('!' + (noise = noise * 1103515245 + 12345) / 65536 % 90);
        sink.consume(events.rows(1));
        lost += sink.flush();
    }
    lost += sink.close();
    EXPECT_GT(lost, 50u);
    Scratch scratch;
    ASSERT_EQ(std::system(("zstd -q -d -o " + scratch / "plain" + " " + path).c_str()), 0);
    EXPECT_EQ(rows_in(content(scratch / "plain")) + lost, 200u);
}

TEST_F(Failure, a_removed_file_is_made_again) {
    Scratch scratch;
    std::string path = scratch / "log";
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    sink.consume(events.rows(1));
    sink.flush();
    std::filesystem::remove(path);
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(content(path), "row 1\n");
}

TEST_F(Failure, a_moved_file_is_followed_by_a_new_one) {
    Scratch scratch;
    std::string path = scratch / "log";
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    sink.consume(events.rows(1));
    sink.flush();
    std::filesystem::rename(path, path + ".moved");
    sink.tick(UINT64_MAX / 2);  // long after
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(path), "row 1\n");
    EXPECT_EQ(content(path + ".moved"), "row 0\n");
}

TEST_F(Failure, rows_are_counted_while_the_directory_is_gone) {
    Scratch scratch;
    std::filesystem::create_directory(scratch / "d");
    std::string path = scratch / "d/log";
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    std::filesystem::remove_all(scratch / "d");
    sink.consume(events.rows(5));
    EXPECT_EQ(sink.flush(), 5u);
    sink.consume(events.rows(100));
    EXPECT_EQ(sink.flush(), 100u);
    EXPECT_EQ(host.reports().size(), 1u);
    std::filesystem::create_directory(scratch / "d");
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(path), "row 105\n");
}

TEST_F(Failure, a_pipe_needs_a_reader_and_survives_its_death) {
    std::signal(SIGPIPE, SIG_IGN);
    Scratch scratch;
    std::string path = scratch / "pipe";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    {
        LoadedSink nobody_reads(PLUGIN_FILE, host, {{"path", path}});
        EXPECT_EQ(nobody_reads.status(), AVOCET_ERR_IO);
        EXPECT_EQ(host.reports().back(), "file '" + path + "': is a pipe that nobody reads");
    }
    int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(1));
    EXPECT_EQ(sink.flush(), 0u);
    char buffer[16];
    EXPECT_EQ(::read(reader, buffer, sizeof buffer), 6);
    ::close(reader);
    sink.consume(events.rows(7));
    EXPECT_EQ(sink.close(), 7u);
}

// A child writes and notes in shared memory what it has flushed; it is killed at some point, and the file is looked at:
// what was flushed is there, the lines are whole and consecutive, but for a last one that the kernel may have torn; the
// next run mends that.
TEST_F(Failure, a_killed_writer_leaves_what_it_flushed) {
    Scratch scratch;
    std::string path = scratch / "log";
    const LoadedSink::Settings settings = {{"path", path}, {"fsync", "flush"}, {"append", "true"}, {"format", "json"}};
    void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    auto& flushed = *new (shared) std::atomic<uint64_t>(0);
    for (uint64_t round = 0; round < 10; ++round) {
        std::filesystem::remove(path);
        flushed = 0;
        pid_t child = ::fork();
        if (child == 0) {
            Records records(AVOCET_RECORD_EVENT);
            LoadedSink sink(PLUGIN_FILE, host, settings);
            for (uint64_t count = 0; count < 100'000; flushed = count) {
                uint32_t n = 1 + static_cast<uint32_t>(count * 7919 % 300);
                sink.consume(records.rows(n));
                sink.flush();
                count += n;
            }
            for (;;) ::pause();
        }
        while (flushed < 1 + round * 500 && ::waitpid(child, nullptr, WNOHANG) == 0) std::this_thread::yield();
        ASSERT_EQ(::kill(child, 0), 0) << "the writer ended by itself";
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        std::string before = content(path);
        {
            LoadedSink mend(PLUGIN_FILE, host, settings);
            ASSERT_EQ(mend.status(), AVOCET_OK);
        }
        std::string after = content(path), expected;
        EXPECT_TRUE(before.starts_with(after)) << "mending only cuts";
        EXPECT_LT(before.size() - after.size(), 30u) << "at most one record";
        uint64_t rows = rows_in(after);
        for (uint64_t i = 0; i < rows; ++i) expected += "{\"n\":\"row " + std::to_string(i) + "\"}\n";
        ASSERT_TRUE(after == expected) << "in round " << round;
        ASSERT_GE(rows, flushed) << "what was flushed is there";
    }
    ::munmap(shared, 4096);
}

}  // namespace
}  // namespace avocet::testing
