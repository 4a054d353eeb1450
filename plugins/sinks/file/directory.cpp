// SPDX-License-Identifier: Apache-2.0
#include "directory.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>

#include "avocet/error.hpp"

namespace avocet::file {

Directory::Directory(const std::string& path, const std::string& file)
    : fd_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ && ::fstat(fd_.get(), &status_) == 0) return;
    int error = errno;
    throw Error(error == EACCES   ? AVOCET_ERR_PERMISSION
                : error == ENOENT ? AVOCET_ERR_NOT_FOUND
                                  : AVOCET_ERR_IO,
                "file '" + file + "': directory '" + path + "' cannot be opened: " + errno_text(error),
                error == ENOENT ? "create it first: mkdir -p " + path : "");
}

std::optional<struct stat> Directory::look(const std::string& name) const {
    struct stat status {};
    if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return status;
}

bool Directory::rename(const std::string& from, const std::string& to) const {
    return ::renameat(fd(), from.c_str(), fd(), to.c_str()) == 0;
}

bool Directory::remove(const std::string& name) const { return ::unlinkat(fd(), name.c_str(), 0) == 0; }

void Directory::sync() const { ::fsync(fd()); }

std::pair<std::string, std::string> split_path(const std::string& path) {
    size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash ? path.substr(0, slash) : "/", path.substr(slash + 1)};
}

}  // namespace avocet::file
