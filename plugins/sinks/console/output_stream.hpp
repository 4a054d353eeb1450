// SPDX-License-Identifier: Apache-2.0
//
// Standard output or standard error. Writes until everything is out, whatever the descriptor does: interrupted,
// partial and non-blocking writes go on. The descriptor is borrowed from the process and never closed.
// [thread: data]
#pragma once

#include <string_view>

namespace avocet::console {

class OutputStream {
public:
    OutputStream(int fd, const char* name) : fd_(fd), name_(name) {}

    struct Result {
        size_t written = 0;  // bytes
        int error = 0;       // errno, 0: everything was written
    };
    Result write(std::string_view bytes);
    bool is_terminal() const;
    int fd() const { return fd_; }
    const char* name() const { return name_; }

private:
    int fd_;
    const char* name_;
    bool torn_ = false;  // the last write failed in the middle of a line; the next one begins on a new line
};

}  // namespace avocet::console
