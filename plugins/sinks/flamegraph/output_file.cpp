// SPDX-License-Identifier: Apache-2.0
#include "output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "avocet/error.hpp"

namespace avocet::flamegraph {

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), temporary_(path_ + ".partial." + std::to_string(::getpid())) {
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd_ < 0) {
        const int error = errno;
        throw Error(error == EACCES ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                    "file '" + path_ + "': cannot be made: " + errno_text(error),
                    error == ENOENT ? "its directory must exist" : "");
    }
}

OutputFile::~OutputFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view content) {
    for (size_t done = 0; done < content.size();) {
        ssize_t n = ::write(fd_, content.data() + done, content.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            throw Error(AVOCET_ERR_IO, "file '" + path_ + "': cannot be written: " + errno_text(n ? errno : EIO));
        done += static_cast<size_t>(n);
    }
    if (::rename(temporary_.c_str(), path_.c_str()) != 0)
        throw Error(AVOCET_ERR_IO, "file '" + path_ + "': cannot be written: " + errno_text(errno));
    ::close(std::exchange(fd_, -1));
}

}  // namespace avocet::flamegraph
