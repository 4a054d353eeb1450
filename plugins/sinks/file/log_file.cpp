// SPDX-License-Identifier: Apache-2.0
#include "log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "avocet/error.hpp"
#include "csv.hpp"

namespace avocet::file {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& fact, const std::string& hint,
                         avocet_status status = AVOCET_ERR_PERMISSION) {
    throw Error(status, "file '" + path + "': " + fact, hint);
}

[[noreturn]] void refuse_open(const std::string& path, int error, bool careful) {
    if (error == ELOOP && careful)
        refuse(path, "is a symbolic link in a directory that anybody can write to", "name its target instead");
    if (error == ENXIO) refuse(path, "is a pipe that nobody reads", "start the reader first", AVOCET_ERR_IO);
    avocet_status status = error == EACCES || error == EPERM || error == EROFS ? AVOCET_ERR_PERMISSION
                           : error == ENOSPC || error == EDQUOT                ? AVOCET_ERR_NO_SPACE
                                                                               : AVOCET_ERR_IO;
    refuse(path, "cannot be opened for writing: " + errno_text(error), "", status);
}

struct Opened {
    UniqueFd fd;
    bool created;
};

// Non-blocking so that a pipe without a reader is an error rather than a hang.
Opened open_or_create(const Directory& directory, const std::string& name, const std::string& path, mode_t mode) {
    const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const bool careful = directory.anyone_may_create();
    for (;;) {
        UniqueFd fd(::openat(directory.fd(), name.c_str(), flags | O_CREAT | O_EXCL, mode));
        if (fd) return {std::move(fd), true};
        if (errno != EEXIST) refuse_open(path, errno, careful);
        fd = UniqueFd(::openat(directory.fd(), name.c_str(), flags | (careful ? O_NOFOLLOW : 0)));
        if (fd) return {std::move(fd), false};
        if (errno == ENOENT && !directory.look(name)) continue;  // removed between the two
        if (errno != ENOENT || careful) refuse_open(path, errno, careful);
        fd = UniqueFd(::open(path.c_str(), flags | O_CREAT, mode));  // a link to a file that does not exist yet
        if (fd) return {std::move(fd), true};
        refuse_open(path, errno, careful);
    }
}

void refuse_planted(const Directory& directory, const struct stat& status, const std::string& path) {
    if (!directory.anyone_may_create()) return;
    if (status.st_uid != ::geteuid() && status.st_uid != directory.owner())
        refuse(path, "belongs to another user, in a directory that anybody can write to",
               "remove it, or write elsewhere");
    if (status.st_nlink > 1)
        refuse(path, "has a second name, in a directory that anybody can write to", "remove it, or write elsewhere");
}

}  // namespace

LogFile::LogFile(std::string path, std::string name, DirectoryPtr directory, UniqueFd fd)
    : path_(std::move(path)), name_(std::move(name)), directory_(std::move(directory)), fd_(std::move(fd)) {}

LogFile LogFile::open(const std::string& path, const Settings& settings, Existing existing) {
    auto [directory_path, name] = split_path(path);
    if (name.empty()) refuse(path, "is a directory", "name a file in it", AVOCET_ERR_INVALID);
    auto directory = std::make_shared<const Directory>(directory_path, path);
    for (;;) {
        auto [fd, created] = open_or_create(*directory, name, path, settings.mode);
        struct stat status {};
        ::fstat(fd.get(), &status);
        if (S_ISDIR(status.st_mode)) refuse(path, "is a directory", "name a file in it", AVOCET_ERR_INVALID);
        if (created && settings.exact_mode) ::fchmod(fd.get(), settings.mode);
        LogFile file(path, name, directory, std::move(fd));
        file.regular_ = S_ISREG(status.st_mode);
        if (!file.regular_) {
            ::fcntl(file.fd_.get(), F_SETFL, O_APPEND);
            return file;
        }
        if (!created) refuse_planted(*directory, status, path);
        file.lock_or_throw();
        if (file.moved()) continue;  // rotated away or removed meanwhile
        if (existing == Existing::mend) file.mend(settings.content);
        if (existing == Existing::empty && ::ftruncate(file.fd_.get(), 0) != 0) refuse_open(path, errno, false);
        return file;
    }
}

// File systems without locks are trusted to have one writer.
void LogFile::lock_or_throw() {
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    refuse(path_, "is being written by another process",
           "give each run a file of its own, with {pid} or {time} in the path", AVOCET_ERR_STATE);
}

uint64_t LogFile::size() const {
    struct stat status {};
    return regular_ && ::fstat(fd_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

namespace {

struct Mapped {
    const char* data;
    size_t size;
    Mapped(int fd, size_t bytes)
        : data(static_cast<const char*>(::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0))), size(bytes) {}
    ~Mapped() {
        if (*this) ::munmap(const_cast<char*>(data), size);
    }
    explicit operator bool() const { return data != MAP_FAILED; }
};

size_t whole_frames(const char* data, size_t size) {
    size_t end = 0;
    while (end < size) {
        size_t frame = ZSTD_findFrameCompressedSize(data + end, size - end);
        if (ZSTD_isError(frame)) break;
        end += frame;
    }
    return end;
}

}  // namespace

void LogFile::mend(Content content) {
    size_t bytes = size();
    if (!bytes) return;
    UniqueFd reader(::openat(directory_->fd(), name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    Mapped file(reader.get(), bytes);
    if (!file) return;  // may be written but not read
    size_t end = bytes;
    if (content == Content::zstd) {
        end = whole_frames(file.data, bytes);
        if (!end)
            refuse(path_, "is not a zstd file, so nothing can be appended to it",
                   "give it another name, or compress = \"none\"", AVOCET_ERR_INVALID);
    } else if (content == Content::csv) {
        end = whole_csv_lines({file.data, bytes});
    } else if (file.data[bytes - 1] != '\n') {
        torn_ = content == Content::text;
        while (content == Content::json && end && file.data[end - 1] != '\n') --end;
    }
    if (end < bytes && ::ftruncate(fd_.get(), static_cast<off_t>(end)) == 0) mended_ = bytes - end;
}

LogFile::Written LogFile::append(std::string_view bytes, const std::function<size_t(size_t written)>& whole) {
    uint64_t start = size();
    if (torn_) {
        if (::write(fd_.get(), "\n", 1) != 1) return {0, errno};
        torn_ = false;
        ++start;
    }
    size_t written = 0;
    int error = 0;
    while (written < bytes.size() && !error) {
        ssize_t n = ::write(fd_.get(), bytes.data() + written, bytes.size() - written);
        if (n > 0)
            written += static_cast<size_t>(n);
        else if (n == 0 || errno != EINTR)
            error = n == 0 ? EIO : errno;
    }
    if (!error) return {written, 0};
    size_t kept = whole(written);
    if (kept < written && (!regular_ || ::ftruncate(fd_.get(), static_cast<off_t>(start + kept)) != 0)) torn_ = true;
    return {kept, error};
}

int LogFile::sync() { return ::fdatasync(fd_.get()) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno; }

int LogFile::close() { return ::close(fd_.release()) == 0 ? 0 : errno; }

bool LogFile::removed() const {
    struct stat status {};
    return regular_ && ::fstat(fd_.get(), &status) == 0 && status.st_nlink == 0;
}

bool LogFile::moved() const {
    struct stat here {
    }, named{};
    if (!regular_ || ::fstat(fd_.get(), &here) != 0) return false;
    if (::stat(path_.c_str(), &named) != 0) return errno == ENOENT;
    return here.st_ino != named.st_ino || here.st_dev != named.st_dev;
}

}  // namespace avocet::file
