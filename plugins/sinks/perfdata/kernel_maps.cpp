// SPDX-License-Identifier: Apache-2.0
#include "kernel_maps.hpp"

#include <elf.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace avocet::perfdata {

namespace {

constexpr char kernel_name[] = "[kernel.kallsyms]";

// Notes of the running kernel: Elf64_Nhdr, name, content, each padded to 4.
std::string running_build_id() {
    std::ifstream file("/sys/kernel/notes", std::ios::binary);
    const std::string notes((std::istreambuf_iterator<char>(file)), {});
    for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
        Elf64_Nhdr note;
        std::memcpy(&note, notes.data() + at, sizeof note);
        const size_t name = at + sizeof note, content = name + ((note.n_namesz + 3u) & ~3u);
        if (content + note.n_descsz > notes.size()) break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && notes.compare(name, 3, "GNU") == 0)
            return notes.substr(content, note.n_descsz);
        at = content + ((note.n_descsz + 3u) & ~3u);
    }
    return {};
}

}  // namespace

void add_kernel_maps(PerfFile& file) {
    std::ifstream symbols("/proc/kallsyms");
    uint64_t start = 0, end = 0, address = 0;
    char name[64];
    for (std::string line; (!start || !end) && std::getline(symbols, line);) {
        if (std::sscanf(line.c_str(), "%" SCNx64 " %*c %63s", &address, name) != 2) continue;
        if (!std::strcmp(name, "_text")) start = address;
        if (!std::strcmp(name, "_etext")) end = address;
    }
    if (!start || end <= start) return;
    file.add_kernel(std::string(kernel_name) + "_text", start, end - start, start);
    if (const std::string id = running_build_id(); !id.empty()) file.add_build_id(kernel_name, id, true);
    std::ifstream modules("/proc/modules");
    for (std::string line; std::getline(modules, line);) {
        uint64_t size = 0;
        if (std::sscanf(line.c_str(), "%63s %" SCNu64 " %*s %*s %*s %" SCNx64, name, &size, &address) == 3 && address)
            file.add_kernel("[" + std::string(name) + "]", address, size, 0);
    }
}

}  // namespace avocet::perfdata
