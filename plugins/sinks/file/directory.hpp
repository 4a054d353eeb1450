// SPDX-License-Identifier: Apache-2.0
//
// The directory of a log file, held open: everything that happens to the file's name happens through this descriptor,
// so that nobody can swap the directory under a rotation. Shared with the thread that compresses.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace avocet::file {

class UniqueFd {
public:
    explicit UniqueFd(int fd = -1) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

class Directory {
public:
    // Throws avocet::Error that names `file`, for whose sake it is opened.
    Directory(const std::string& path, const std::string& file);

    int fd() const { return fd_.get(); }
    // Others than its owner may create names in it (/tmp).
    bool anyone_may_create() const { return status_.st_mode & S_IWOTH; }
    uid_t owner() const { return status_.st_uid; }
    std::optional<struct stat> look(const std::string& name) const;  // of the name itself, links are not followed
    bool rename(const std::string& from, const std::string& to) const;
    bool remove(const std::string& name) const;
    void sync() const;  // names are durable

private:
    UniqueFd fd_;
    struct stat status_ {};
};
using DirectoryPtr = std::shared_ptr<const Directory>;

// "a/b.log" is {"a", "b.log"}, "b.log" is {".", "b.log"}.
std::pair<std::string, std::string> split_path(const std::string& path);

}  // namespace avocet::file
