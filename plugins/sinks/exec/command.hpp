// SPDX-License-Identifier: Apache-2.0
//
// A shell command with a pipe as its standard input. The command has a process group of its own, so that an interrupt
// from the terminal ends the tracing and the command still gets what is left. The pipe never blocks; FIONREAD on it
// says how much of what was written has not been read, also after the command has died (pipe(7)).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace avocet::exec {

class UniqueFd {
public:
    explicit UniqueFd(int fd = -1) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept;
    ~UniqueFd() { reset(); }
    void reset();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

class Command {
public:
    // Starts `sh -c text`. [thread: control, before the sink's thread is confined]
    explicit Command(const std::string& text);
    ~Command();
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

    struct Written {
        size_t bytes = 0;
        bool gone = false;  // nobody reads any more
        int error = 0;
    };
    Written write(std::string_view bytes);
    // Until there is room in the pipe, its reader has gone, or the time is over.
    void wait_for_room(int milliseconds) const;
    size_t unread() const;
    // Ends the input. unread() still answers.
    void end_input();
    // "exited with status 3", "was killed by signal 9 (Killed)"; waits so long for the end.
    std::optional<std::string> ended(int milliseconds);
    bool succeeded() const { return status_ == 0; }
    void terminate(int signal) const;

private:
    UniqueFd input_, look_, process_;  // look_: a second end for unread() once input_ is closed
    pid_t pid_ = -1;
    int status_ = -1;
    bool reaped_ = false;
};

}  // namespace avocet::exec
