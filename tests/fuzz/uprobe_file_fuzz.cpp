// SPDX-License-Identifier: Apache-2.0
//
// The readers of a traced program's file: ELF, symbols, .gnu_debugdata, DWARF types, parameters and lines.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "avocet/error.hpp"
#include "dwarf_arguments.hpp"
#include "dwarf_types.hpp"
#include "elf_file.hpp"
#include "instruction.hpp"

using namespace avocet::uprobe;

namespace {

void read_function(ElfFile& file, DwarfInfo& info, DwarfTypes& types, const Function& function) {
    auto die = info.function_at(function.address);
    if (!die) return;
    for (bool entry : {true, false})
        for (const Parameter& p : parameters_of(info, *die, function.address + !entry, entry, true)) {
            types.id_of(p.type);
            if (declaration(p.type, p.name).size() > 1u << 20) std::abort();
        }
    is_instruction_start(file.bytes(function.offset, 256), 5);
}

void read_file(const std::string& path) {
    ElfFile file(path, path);
    size_t count = 0;
    file.symbol("main");
    file.is_cut_off();
    DwarfInfo* info = file.dwarf();
    DwarfTypes types([](void* ctx, const std::string& name,
                        int tag) { return static_cast<DwarfInfo*>(ctx)->definition_of(name, tag); },
                     info);
    for (const auto& function : file.functions()) {
        file.covering(function.address + 1);
        if (info && ++count < 64) read_function(file, *info, types, function);
    }
    types.bytes();
    if (info) info->find_line("subject.c", 20, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
    try {
        read_file("/proc/self/fd/" + std::to_string(fd));
    } catch (const avocet::Error&) {}
    close(fd);
    return 0;
}
