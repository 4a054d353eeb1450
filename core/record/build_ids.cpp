// SPDX-License-Identifier: Apache-2.0
//
// The note is found through libdwelf, which looks at program headers first and so works on stripped files.
#include "record/build_ids.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>
#include <fmt/format.h>
#include <libelf.h>

namespace avocet::core {

namespace {

std::string read_build_id(const std::string& path) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    std::string hex;
    elf_version(EV_CURRENT);
    if (Elf* elf = elf_begin(fd, ELF_C_READ_MMAP, nullptr)) {
        const void* bits = nullptr;
        ssize_t size = dwelf_elf_gnu_build_id(elf, &bits);
        for (ssize_t i = 0; i < 20 && size > 0; ++i)
            hex += fmt::format("{:02x}", i < size ? static_cast<const uint8_t*>(bits)[i] : 0);
        elf_end(elf);
    }
    ::close(fd);
    return hex;
}

}  // namespace

std::string BuildIds::of(uint32_t pid, std::string_view path) {
    std::scoped_lock lock(mutex_);
    if (auto found = known_.find(path); found != known_.end()) return found->second;
    std::string id = read_build_id(fmt::format("/proc/{}/root{}", pid, path));
    if (id.empty()) id = read_build_id(std::string(path));
    return known_[std::string(path)] = id;
}

}  // namespace avocet::core
