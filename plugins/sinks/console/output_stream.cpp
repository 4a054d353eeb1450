// SPDX-License-Identifier: Apache-2.0
#include "output_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "avocet/error.hpp"

namespace avocet::console {

namespace {

// In a directory like /tmp anybody can leave a symbolic link for a privileged user to write through.
bool anyone_may_create_in(const std::string& directory) {
    struct stat status {};
    return ::stat(directory.c_str(), &status) == 0 && (status.st_mode & S_IWOTH);
}

}  // namespace

OutputStream OutputStream::file(const std::string& path) {
    auto directory = std::filesystem::path(path).parent_path();
    int follow = anyone_may_create_in(directory.empty() ? "." : directory.string()) ? O_NOFOLLOW : 0;
    int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | follow, 0644);
    if (fd >= 0) return {fd, "file '" + path + "'", true};
    int error = errno;
    if (error == ELOOP && follow)
        throw Error(AVOCET_ERR_PERMISSION,
                    "file '" + path + "': is a symbolic link in a directory that anybody can write to",
                    "name its target instead");
    throw Error(error == EACCES || error == EPERM ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                "file '" + path + "': cannot be opened for writing: " + errno_text(error),
                error == ENOENT ? "its directory must exist" : "");
}

OutputStream::~OutputStream() {
    if (owned_) ::close(fd_);
}

// The file offset of a shared stdout cannot be taken back, so a torn line stays; the newline keeps it from swallowing
// the beginning of the next one.
OutputStream::Result OutputStream::write(std::string_view bytes) {
    Result result;
    bool newline_first = torn_;
    while (result.written < bytes.size()) {
        iovec parts[2] = {{const_cast<char*>("\n"), newline_first ? 1u : 0u},
                          {const_cast<char*>(bytes.data()) + result.written, bytes.size() - result.written}};
        ssize_t n = ::writev(fd_, newline_first ? parts : parts + 1, newline_first ? 2 : 1);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            pollfd ready{fd_, POLLOUT, 0};
            ::poll(&ready, 1, -1);
            continue;
        }
        if (n <= 0) {
            result.error = n < 0 ? errno : EIO;
            break;
        }
        if (newline_first && n > 0) {
            newline_first = torn_ = false;
            --n;
        }
        result.written += static_cast<size_t>(n);
    }
    if (result.error && result.written) torn_ = bytes[result.written - 1] != '\n';
    return result;
}

bool OutputStream::is_terminal() const { return ::isatty(fd_) == 1; }

}  // namespace avocet::console
