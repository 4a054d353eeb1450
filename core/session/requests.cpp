// SPDX-License-Identifier: Apache-2.0
#include "session/requests.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "avocet/error.hpp"

extern char** environ;

namespace avocet::core {

namespace {

class Fd {
public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    ~Fd() { reset(); }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }
    void reset(int fd = -1) {
        if (fd_ >= 0) close(fd_);
        fd_ = fd;
    }

private:
    int fd_;
};

// Reads to the end, or to `most` bytes. 0 or errno.
int read_all(int fd, uint64_t most, std::string& bytes) {
    char buffer[4096];
    while (bytes.size() < most) {
        ssize_t n = read(fd, buffer, std::min<uint64_t>(sizeof buffer, most - bytes.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) break;
        bytes.append(buffer, static_cast<size_t>(n));
    }
    return 0;
}

// The command starts as from a shell: with no signal blocked or ignored.
int spawn_shell(const std::string& command, int out, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string shell = "sh", flag = "-c", text = command;
    char* argv[] = {shell.data(), flag.data(), text.data(), nullptr};
    int error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

}  // namespace

std::string read_start_of_file(const std::string& path, uint64_t most, std::string& bytes) {
    Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    int error = fd.get() < 0 ? errno : read_all(fd.get(), most, bytes);
    return error ? "failed to open file '" + path + "' (" + errno_text(error) + ")" : "";
}

std::string run_shell_command(const std::string& command, std::string& output) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return "command '" + command + "' cannot be run (" + errno_text(errno) + ")";
    Fd in(ends[0]), out(ends[1]);
    pid_t pid = -1;
    if (int error = spawn_shell(command, out.get(), pid))
        return "command '" + command + "' cannot be run (" + errno_text(error) + ")";
    out.reset();
    read_all(in.get(), UINT64_MAX, output);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return "command '" + command + "': its end was not seen (" + errno_text(errno) + ")";
    if (WIFSIGNALED(status)) return std::string("command ended by signal ") + std::to_string(WTERMSIG(status));
    return WEXITSTATUS(status) ? "command exited with code " + std::to_string(WEXITSTATUS(status)) : "";
}

struct PacketFiles::File {
    explicit File(FILE* f) : stream(f) {}
    ~File() { fclose(stream); }
    FILE* stream;
};

PacketFiles::PacketFiles() = default;
PacketFiles::~PacketFiles() = default;

std::string PacketFiles::write(const std::string& path, uint64_t time_ns, uint64_t length, std::string_view bytes) {
    auto& file = files_[path];
    const auto word = [&](uint64_t value) {
        auto w = static_cast<uint32_t>(value);
        fwrite(&w, sizeof w, 1, file->stream);
    };
    if (!file) {
        FILE* stream = fopen(path.c_str(), "we");
        if (!stream) return "packet file '" + path + "' cannot be written (" + errno_text(errno) + ")";
        file = std::make_unique<File>(stream);
        constexpr uint32_t raw_ip = 101, snapshot = 65535;
        for (uint32_t w : {0xa1b2c3d4u, 2u | 4u << 16, 0u, 0u, snapshot, raw_ip}) word(w);
    }
    if (time_ns == 0) {  // ring events carry no time: this is when it was drained
        timespec now{};
        clock_gettime(CLOCK_BOOTTIME, &now);
        time_ns = static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
    }
    word(time_ns / 1'000'000'000u);
    word(time_ns % 1'000'000'000u / 1000);
    word(bytes.size());
    word(std::max<uint64_t>(length, bytes.size()));
    fwrite(bytes.data(), 1, bytes.size(), file->stream);
    if (fflush(file->stream) == 0) return "";
    return "packet file '" + path + "' cannot be written (" + errno_text(errno) + ")";
}

}  // namespace avocet::core
