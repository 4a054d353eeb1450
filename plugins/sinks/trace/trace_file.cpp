// SPDX-License-Identifier: Apache-2.0
#include "trace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "avocet/error.hpp"

namespace avocet::trace {

TraceFile::TraceFile(std::string path) : path_(std::move(path)) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd_ < 0)
        throw Error(errno == EACCES ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                    "file '" + path_ + "': cannot be opened for writing: " + errno_text(errno));
    struct stat status {};
    regular_ = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
}

TraceFile::~TraceFile() {
    if (fd_ >= 0) ::close(fd_);
}

void TraceFile::add(std::string_view entry, uint32_t records) {
    buffer_ += std::exchange(empty_, false) ? "\n" : ",\n";
    buffer_ += entry;
    buffered_records_ += records;
}

bool TraceFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            error_ = n ? errno : EIO;
            return false;
        }
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

bool TraceFile::flush(uint64_t& lost) {
    const std::string bytes = std::exchange(buffer_, {});
    const uint64_t records = std::exchange(buffered_records_, 0);
    if (write(bytes)) {
        size_ += bytes.size();
        written_empty_ = empty_;
        return true;
    }
    lost += records;
    empty_ = written_empty_;
    if (!size_) buffer_ = "[";
    if (regular_ && ::ftruncate(fd_, static_cast<off_t>(size_)) == 0) ::lseek(fd_, static_cast<off_t>(size_), SEEK_SET);
    return false;
}

bool TraceFile::close(uint64_t& lost) {
    bool good = flush(lost);
    buffer_ += "\n]\n";
    good = flush(lost) && good;
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) == 0 || !good) return good;
    error_ = errno;
    return false;
}

}  // namespace avocet::trace
