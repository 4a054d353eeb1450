// SPDX-License-Identifier: Apache-2.0
#include "host/ownership.hpp"

#include <array>
#include <cerrno>
#include <climits>

#include <fmt/format.h>
#include <unistd.h>

namespace avocet::core {
namespace {

uid_t executable_owner() {
    struct stat status {};
    return stat("/proc/self/exe", &status) == 0 ? status.st_uid : geteuid();
}

bool trusted(uid_t owner) {
    if (owner == 0 || owner == geteuid()) return true;
    static const uid_t executable = executable_owner();
    return owner == executable;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
}

std::optional<Unsafe> check_ownership(const struct stat& status, const std::string& what, const std::string& path) {
    if (!trusted(status.st_uid))
        return Unsafe{fmt::format("{} '{}' belongs to uid {}, neither root nor the user", what, path, status.st_uid),
                      fmt::format("if you trust it: chown root '{}'", path)};
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return Unsafe{fmt::format("{} '{}' is writable by {} (mode {:04o})", what, path,
                                  status.st_mode & S_IWOTH ? "others" : "its group", status.st_mode & 07777),
                      fmt::format("if you trust what is in it: chmod go-w '{}'", path)};
    return std::nullopt;
}

std::optional<Unsafe> check_ancestors(const std::string& directory) {
    for (auto end = directory.rfind('/'); end != std::string::npos;
         end = end ? directory.rfind('/', end - 1) : std::string::npos) {
        std::string above = end ? directory.substr(0, end) : "/";
        struct stat status {};
        if (stat(above.c_str(), &status) != 0)
            return Unsafe{fmt::format("directory '{}' cannot be examined", above), {}};
        if (status.st_mode & S_ISVTX && (status.st_uid == 0 || trusted(status.st_uid))) continue;
        if (auto unsafe = check_ownership(status, "directory", above)) return unsafe;
    }
    return std::nullopt;
}

std::string canonical_path(const FileDescriptor& directory) {
    std::array<char, PATH_MAX> target;
    auto size = readlink(fmt::format("/proc/self/fd/{}", directory.get()).c_str(), target.data(), target.size());
    return size > 0 ? std::string(target.data(), static_cast<size_t>(size)) : std::string();
}

std::optional<std::string> read_all(const FileDescriptor& file, size_t limit) {
    std::string text;
    std::array<char, 16384> buffer;
    while (text.size() <= limit) {
        auto got = read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<size_t>(got));
    }
    errno = EFBIG;
    return std::nullopt;
}

}  // namespace avocet::core
