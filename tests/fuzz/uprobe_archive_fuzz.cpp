// SPDX-License-Identifier: Apache-2.0
//
// The central directory of ZIP files.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "open_elf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
    auto found = avocet::uprobe::find_member("/proc/self/fd/" + std::to_string(fd), "a");
    if (found && (found->offset > size || found->size > size - found->offset)) std::abort();
    close(fd);
    return 0;
}
