// SPDX-License-Identifier: Apache-2.0
#include "bundle/directory.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "avocet/error.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

// The entries of one directory, and of those in it. Empty: good.
std::string walk(const fs::path& root, const std::string& below, DirectoryListing& out) {
    std::error_code error;
    const auto here = below.empty() ? root : root / below;
    for (fs::directory_iterator entry(here, error), end; !error && entry != end; entry.increment(error)) {
        const auto name = entry->path().filename().string();
        const auto path = below.empty() ? name : below + '/' + name;
        struct stat status {};
        if (lstat(entry->path().c_str(), &status) != 0) return fmt::format("file '{}': {}", path, errno_text(errno));
        const bool directory = S_ISDIR(status.st_mode);
        if (!directory && !S_ISREG(status.st_mode)) {
            out.other.push_back(path);
            continue;
        }
        if (!out.unsafe) out.unsafe = check_ownership(status, directory ? "directory" : "file", entry->path());
        if (!directory) out.files.push_back(path);
        if (out.files.size() > most_bundle_files || path.size() > 4 * longest_bundle_path)
            return fmt::format("directory '{}': holds more than {} files, or too deep ones", root.string(),
                               most_bundle_files);
        if (!directory) continue;
        if (auto why = walk(root, path, out); !why.empty()) return why;
    }
    return error ? fmt::format("directory '{}': {}", here.string(), error.message()) : std::string();
}

}  // namespace

std::optional<DirectoryListing> list_directory(const fs::path& directory, std::string& why) {
    DirectoryListing out;
    why = walk(directory, {}, out);
    if (!why.empty()) return std::nullopt;
    std::sort(out.files.begin(), out.files.end());
    std::sort(out.other.begin(), out.other.end());
    return out;
}

std::optional<Unsafe> check_directory(const fs::path& directory) {
    FileDescriptor fd(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0)
        return Unsafe{fmt::format("directory '{}': {}", directory.string(), errno_text(errno)), {}};
    if (auto unsafe = check_ownership(status, "directory", directory)) return unsafe;
    return check_ancestors(canonical_path(fd));
}

std::optional<BundleFile> read_bundle_file(const fs::path& file, std::string& why) {
    FileDescriptor fd(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
        why = errno == ENOENT ? "is missing" : errno == ELOOP ? "is a symbolic link" : errno_text(errno);
        return std::nullopt;
    }
    if (!S_ISREG(status.st_mode)) {
        why = S_ISDIR(status.st_mode) ? "is a directory" : "is not a plain file";
        return std::nullopt;
    }
    auto bytes = read_all(fd, most_bundle_bytes);
    if (!bytes) {
        why = fmt::format("cannot be read: {}", errno_text(errno));
        return std::nullopt;
    }
    return BundleFile{status.st_mode & S_IXUSR ? 0755u : 0644u, std::move(*bytes)};
}

std::string make_directories(const fs::path& directory) {
    std::error_code error;
    if (directory.empty() || fs::is_directory(directory, error)) return {};
    if (auto why = make_directories(directory.parent_path()); !why.empty()) return why;
    const bool made = mkdir(directory.c_str(), 0755) == 0 && chmod(directory.c_str(), 0755) == 0;
    return made || errno == EEXIST
               ? std::string()
               : fmt::format("directory '{}' cannot be made: {}", directory.string(), errno_text(errno));
}

std::string write_new_file(const fs::path& file, std::string_view bytes, uint32_t mode) {
    FileDescriptor fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0700));
    bool good = static_cast<bool>(fd);
    while (good && !bytes.empty()) {
        const ssize_t n = write(fd.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        good = n > 0;
        if (good) bytes.remove_prefix(static_cast<size_t>(n));
    }
    if (good && fchmod(fd.get(), mode) == 0) return {};
    return fmt::format("file '{}' cannot be written: {}", file.string(),
                       errno == EEXIST ? "it exists already" : errno_text(errno));
}

}  // namespace avocet::core
