// SPDX-License-Identifier: Apache-2.0
//
// Standard output, standard error or a file in place of standard output. Writes until everything is out, whatever the
// descriptor does: interrupted, partial and non-blocking writes go on. A standard stream is borrowed from the process
// and never closed. [thread: data]
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace avocet::console {

class OutputStream {
public:
    static OutputStream standard_output() { return {1, "standard output", false}; }
    static OutputStream standard_error() { return {2, "standard error", false}; }
    // Creates or empties the file. Throws avocet::Error.
    static OutputStream file(const std::string& path);
    ~OutputStream();
    OutputStream(OutputStream&& other) noexcept
        : fd_(other.fd_),
          name_(std::move(other.name_)),
          owned_(std::exchange(other.owned_, false)),
          torn_(other.torn_) {}
    OutputStream& operator=(OutputStream&&) = delete;

    struct Result {
        size_t written = 0;  // bytes
        int error = 0;       // errno, 0: everything was written
    };
    Result write(std::string_view bytes);
    bool is_terminal() const;
    int fd() const { return fd_; }
    const std::string& name() const { return name_; }

private:
    OutputStream(int fd, std::string name, bool owned) : fd_(fd), name_(std::move(name)), owned_(owned) {}

    int fd_;
    std::string name_;
    bool owned_;
    bool torn_ = false;  // the last write failed in the middle of a line; the next one begins on a new line
};

}  // namespace avocet::console
