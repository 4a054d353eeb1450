// SPDX-License-Identifier: Apache-2.0
//
// Addresses of living, dead, stripped and deleted programs.
#include "symbols/symbols.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sched.h>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "symbols/process.hpp"

using namespace avocet::core;

namespace {

// A running subject and the addresses it printed.
class Subject {
public:
    explicit Subject(const std::string& path, void (*before_exec)() = nullptr) {
        int in[2], out[2];
        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        pid = fork();
        if (pid == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            if (before_exec) before_exec();
            execl(path.c_str(), path.c_str(), nullptr);
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        stdin_ = in[1];
        std::string text;
        char buffer[256];
        while (text.find("end 0\n") == std::string::npos) {
            ssize_t got = ::read(out[0], buffer, sizeof buffer);
            if (got <= 0) throw std::runtime_error("the subject did not start: " + path);
            text.append(buffer, static_cast<size_t>(got));
        }
        close(out[0]);
        std::istringstream lines(text);
        for (std::string name, value; lines >> name >> value;) addresses[name] = std::stoull(value, nullptr, 0);
    }
    ~Subject() { finish(); }
    void finish() {
        if (stdin_ < 0) return;
        close(stdin_);  // end of its input: it returns
        stdin_ = -1;
        waitpid(pid, nullptr, 0);
    }
    avocet_frame frame(const std::string& name, uint64_t plus = 0) const {
        return {addresses.at(name) + plus, static_cast<uint32_t>(pid), 0};
    }
    pid_t pid = 0;
    std::map<std::string, uint64_t> addresses;

private:
    int stdin_ = -1;
};

struct Text {
    bool found;
    std::string name, module;
    uint64_t offset, file_offset;
};

Text ask(Symbols& symbols, const avocet_frame& frame) {
    avocet_symbol s{};
    symbols.resolve(frame, s);
    return {s.found != 0, {s.name.data, s.name.size}, {s.module.data, s.module.size}, s.offset, s.file_offset};
}

void expect_subject(Symbols& symbols, const Subject& subject, const std::string& path) {
    auto c = ask(symbols, subject.frame("c", 1));
    EXPECT_EQ(c.name, "subject_c");
    EXPECT_EQ(c.offset, 1u);
    EXPECT_EQ(c.module, path);
    EXPECT_GT(c.file_offset, 0u);
    EXPECT_EQ(ask(symbols, subject.frame("shape")).name, "subject::Shape::area(int) const");
    EXPECT_EQ(ask(symbols, subject.frame("local")).name, "subject_local(int)");
}

std::string copy_of(const std::string& path) {
    std::string copy = ::testing::TempDir() + "avocet-symbols-copy-" + std::to_string(getpid());
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
    return copy;
}

}  // namespace

TEST(Symbols, functions_of_a_running_program) {
    Subject subject(SUBJECT);
    Symbols symbols;
    expect_subject(symbols, subject, SUBJECT);
    auto libc = ask(symbols, subject.frame("getppid"));
    EXPECT_EQ(libc.name, "getppid");
    EXPECT_NE(libc.module.find("libc"), std::string::npos);
}

TEST(Symbols, addresses_without_name) {
    Subject subject(SUBJECT);
    Symbols symbols;
    EXPECT_FALSE(ask(symbols, {0x10, static_cast<uint32_t>(subject.pid), 0}).found);
    EXPECT_FALSE(ask(symbols, subject.frame("anonymous")).found);
    EXPECT_FALSE(ask(symbols, {0x1000, 0x7ffffff0, 0}).found);  // no such process
}

TEST(Symbols, separate_debug_file_by_link) {
    Subject subject(SEPARATE);
    Symbols symbols;
    expect_subject(symbols, subject, SEPARATE);
}

TEST(Symbols, stripped_program_has_no_local_names_but_a_module) {
    Subject subject(STRIPPED);
    Symbols symbols;
    auto local = ask(symbols, subject.frame("local"));
    EXPECT_FALSE(local.found);
    EXPECT_EQ(local.module, STRIPPED);
    EXPECT_GT(local.file_offset, 0u);
}

TEST(Symbols, program_that_has_exited_if_it_was_noted) {
    Subject noted(SUBJECT), unknown(SUBJECT);
    Symbols symbols;
    symbols.note_process(static_cast<uint32_t>(noted.pid));
    noted.finish();
    unknown.finish();
    expect_subject(symbols, noted, SUBJECT);
    EXPECT_FALSE(ask(symbols, unknown.frame("c")).found);
}

TEST(Symbols, deleted_program) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root for /proc/PID/map_files";
    std::string copy = copy_of(SUBJECT);
    Subject subject(copy);
    std::filesystem::remove(copy);
    Symbols symbols;
    expect_subject(symbols, subject, copy);
}

TEST(Symbols, a_file_replaced_after_exit_is_not_mistaken_for_the_old_one) {
    std::string copy = copy_of(SUBJECT);
    Subject subject(copy);
    Symbols symbols;
    symbols.note_process(static_cast<uint32_t>(subject.pid));
    subject.finish();
    std::filesystem::rename(copy, copy + ".old");
    std::filesystem::copy_file(STRIPPED, copy);
    auto c = ask(symbols, subject.frame("c"));
    EXPECT_FALSE(c.found);
    EXPECT_EQ(c.module, copy);
    std::filesystem::remove(copy);
    std::filesystem::remove(copy + ".old");
}

TEST(Symbols, code_made_at_run_time) {
    Subject subject(SUBJECT);
    std::string path = "/tmp/perf-" + std::to_string(subject.pid) + ".map";
    std::ostringstream line;
    line << std::hex << subject.addresses.at("anonymous") << " 40 jitted frame\n";
    std::ofstream(path) << line.str();
    Symbols symbols;
    auto found = ask(symbols, subject.frame("anonymous", 4));
    EXPECT_EQ(found.name, "jitted frame");
    EXPECT_EQ(found.offset, 4u);
    EXPECT_FALSE(ask(symbols, subject.frame("anonymous", 0x40)).found);
    std::filesystem::remove(path);
}

TEST(Symbols, vdso) {
    auto* image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
    if (!image) GTEST_SKIP() << "this machine has no vdso";
    Symbols symbols;
    bool found = false;
    for (uint64_t offset = 0; offset < 0x2000 && !found; offset += 16)
        found = ask(symbols, {reinterpret_cast<uint64_t>(image) + offset, static_cast<uint32_t>(getpid()), 0})
                    .name.find("clock_gettime") != std::string::npos;
    EXPECT_TRUE(found);
}

TEST(Symbols, other_mount_namespace) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root for a mount namespace";
    // In the subject's namespace the program is on a file system that nobody else sees.
    static std::string hidden = ::testing::TempDir() + "avocet-symbols-mount-" + std::to_string(getpid());
    std::filesystem::create_directory(hidden);
    std::string inside = hidden + "/program";
    Subject subject("/bin/sh", [] {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(126);
        if (mount("none", hidden.c_str(), "tmpfs", 0, nullptr) != 0) _exit(126);
        std::filesystem::copy_file(SUBJECT, hidden + "/program");
        execl((hidden + "/program").c_str(), "program", nullptr);
        _exit(127);
    });
    EXPECT_FALSE(std::filesystem::exists(inside));
    Symbols symbols;
    expect_subject(symbols, subject, inside);
    std::filesystem::remove(hidden);
}

TEST(Symbols, kernel) {
    std::ifstream kallsyms("/proc/kallsyms");
    uint64_t address = 0;
    for (std::string value, type, name; kallsyms >> value >> type >> name;)
        if (name == "vfs_read") address = std::stoull(value, nullptr, 16);
    if (address == 0) GTEST_SKIP() << "kernel addresses are hidden from this user";
    Symbols symbols;
    EXPECT_EQ(symbols.kernel_address("vfs_read"), address);
    EXPECT_EQ(symbols.kernel_address("no_such_symbol_at_all"), 0u);
    auto found = ask(symbols, {address + 3, 0, 0});
    EXPECT_EQ(found.name, "vfs_read");
    EXPECT_EQ(found.offset, 3u);
    EXPECT_EQ(found.module, "vmlinux");
}

TEST(Symbols, strings_stay_and_answers_are_shared) {
    Subject subject(SUBJECT);
    Symbols symbols;
    avocet_symbol first{}, again{};
    symbols.resolve(subject.frame("c"), first);
    for (uint64_t i = 0; i < 5000; ++i) ask(symbols, {i * 4096, static_cast<uint32_t>(subject.pid), 0});
    symbols.resolve(subject.frame("c"), again);
    EXPECT_EQ(first.name.data, again.name.data);
    EXPECT_EQ(std::string(first.name.data, first.name.size), "subject_c");
}

TEST(Symbols, snapshot_replays_elsewhere) {
    std::vector<SymbolSnapshotEntry> entries;
    avocet_frame c{}, kernel{0xffffffff81000010, 0, 0};
    {
        Subject subject(SUBJECT);
        Symbols symbols;
        c = subject.frame("c", 1);
        ask(symbols, c);
        ask(symbols, kernel);
        entries = symbols.snapshot();
    }
    EXPECT_EQ(entries.size(), 2u);
    Symbols replayed;
    replayed.replay(entries);
    auto found = ask(replayed, c);
    EXPECT_EQ(found.name, "subject_c");
    EXPECT_EQ(found.offset, 1u);
    EXPECT_EQ(found.module, SUBJECT);
    // What was not recorded is not looked up on this machine.
    EXPECT_FALSE(ask(replayed, {reinterpret_cast<uint64_t>(&ask), static_cast<uint32_t>(getpid()), 0}).found);
    EXPECT_EQ(replayed.kernel_address("vfs_read"), 0u);
}

TEST(Symbols, many_threads) {
    Subject subject(SUBJECT);
    Symbols symbols;
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (uint64_t i = 0; i < 500; ++i) {
                if (ask(symbols, subject.frame("c", i % 3)).name != "subject_c") ++wrong;
                symbols.note_process(static_cast<uint32_t>(subject.pid));
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Process, start_time_tells_processes_apart) {
    EXPECT_NE(process_start_time(static_cast<uint32_t>(getpid())), 0u);
    EXPECT_EQ(process_start_time(0x7ffffff0), 0u);
    Process self(static_cast<uint32_t>(getpid()));
    ASSERT_TRUE(self.read());
    EXPECT_TRUE(self.is_alive());
    EXPECT_FALSE(self.has_new_program());
    EXPECT_TRUE(self.find(reinterpret_cast<uint64_t>(&process_start_time)));
}
