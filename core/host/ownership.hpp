// SPDX-License-Identifier: Apache-2.0
//
// Who could change what is about to be loaded. A file or directory is safe when it belongs to root, to the effective
// user, or to the owner of the running executable (who could change the process anyway), and neither group nor others
// may write to it. Everything is asked of open descriptors, so that what was checked is what is read.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <sys/types.h>

namespace avocet::core {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

// A reason why something must not be loaded, with what to do about it.
struct Unsafe {
    std::string message, hint;
};

// nullopt: safe. `what` and `path` name the thing in the message ("directory '/x' ...").
std::optional<Unsafe> check_ownership(const struct stat& status, const std::string& what, const std::string& path);
// Every directory above `directory` (a canonical path): open to others only if sticky.
std::optional<Unsafe> check_ancestors(const std::string& directory);

// Where an open directory really is, without symbolic links; empty if that cannot be told.
std::string canonical_path(const FileDescriptor& directory);

// The whole file, at most `limit` bytes; nullopt: errno tells.
std::optional<std::string> read_all(const FileDescriptor& file, size_t limit);

}  // namespace avocet::core
