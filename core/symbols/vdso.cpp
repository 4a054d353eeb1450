// SPDX-License-Identifier: Apache-2.0
#include "symbols/vdso.hpp"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <elf.h>

namespace avocet::core {

OwnedFd vdso_file() {
    auto* image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
    if (!image) return {};
    auto* header = reinterpret_cast<const Elf64_Ehdr*>(image);
    size_t size = header->e_shoff + static_cast<size_t>(header->e_shnum) * header->e_shentsize;
    OwnedFd file(memfd_create("vdso", MFD_CLOEXEC));
    if (!file || size > (1u << 20) || write(file.get(), image, size) != static_cast<ssize_t>(size)) return {};
    return file;
}

}  // namespace avocet::core
