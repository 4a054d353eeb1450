// SPDX-License-Identifier: Apache-2.0
//
// A file descriptor that closes itself. Everything this backend attaches lives exactly as long as its descriptors: no
// program or link is pinned unless a script says so, and the kernel takes it all away when the process dies in whatever
// manner.
#pragma once

#include <unistd.h>

#include <utility>

namespace avocet::bpf {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }

    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset() noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_ = -1;
};

}  // namespace avocet::bpf
