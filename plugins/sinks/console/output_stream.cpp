// SPDX-License-Identifier: Apache-2.0
#include "output_stream.hpp"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace avocet::console {

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
