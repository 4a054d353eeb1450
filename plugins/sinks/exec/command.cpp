// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "avocet/error.hpp"

extern char** environ;

namespace avocet::exec {

namespace {

// Default dispositions and an empty mask: the host ignores SIGPIPE and blocks signals in its threads.
pid_t spawn(const std::string& text, int input) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    std::string shell = "sh", flag = "-c", command = text;
    char* arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
    pid_t pid = -1;
    int error = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error) throw Error(AVOCET_ERR_IO, "command '" + text + "': cannot be started: " + errno_text(error));
    return pid;
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void UniqueFd::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Command::Command(const std::string& text) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw Error(AVOCET_ERR_IO, "command '" + text + "': no pipe for its input: " + errno_text(errno));
    UniqueFd reader(ends[0]);
    input_ = UniqueFd(ends[1]);
    ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
    pid_ = spawn(text, reader.get());
    process_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

Command::~Command() {
    if (pid_ < 0 || reaped_) return;
    terminate(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

Command::Written Command::write(std::string_view bytes) {
    Written out;
    while (out.bytes < bytes.size()) {
        ssize_t n = ::write(input_.get(), bytes.data() + out.bytes, bytes.size() - out.bytes);
        if (n >= 0) {
            out.bytes += static_cast<size_t>(n);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EPIPE)
            out.gone = true;
        else if (errno != EAGAIN)
            out.error = errno;
        break;
    }
    return out;
}

void Command::wait_for_room(int milliseconds) const {
    pollfd fd{input_.get(), POLLOUT, 0};
    ::poll(&fd, 1, milliseconds);
}

size_t Command::unread() const {
    int bytes = 0;
    const UniqueFd& end = input_ ? input_ : look_;
    return end && ::ioctl(end.get(), FIONREAD, &bytes) == 0 ? static_cast<size_t>(bytes) : 0;
}

// A read end that is opened only now: while the command runs there is no reader but it, so its death is noticed.
void Command::end_input() {
    if (!input_) return;
    look_ =
        UniqueFd(::open(("/proc/self/fd/" + std::to_string(input_.get())).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    input_.reset();
}

std::optional<std::string> Command::ended(int milliseconds) {
    if (!reaped_) {
        pollfd fd{process_.get(), POLLIN, 0};
        if (process_) ::poll(&fd, 1, milliseconds);
        if (::waitpid(pid_, &status_, WNOHANG) != pid_) return std::nullopt;
        reaped_ = true;
    }
    if (WIFSIGNALED(status_))
        return "was killed by signal " + std::to_string(WTERMSIG(status_)) + " (" + ::strsignal(WTERMSIG(status_)) +
               ")";
    return "exited with status " + std::to_string(WEXITSTATUS(status_));
}

void Command::terminate(int signal) const {
    if (!reaped_) ::kill(-pid_, signal);
}

}  // namespace avocet::exec
