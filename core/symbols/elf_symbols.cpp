// SPDX-License-Identifier: Apache-2.0
//
// ELF symbols through libdwfl. Its standard search for debug files would also ask debuginfod servers, and a tracer that
// waits for the network while it prints a stack is no help: the search here looks at local files only.
#include "symbols/elf_symbols.hpp"

#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace avocet::core {

namespace {

constexpr uint64_t page = 4096;

// "/usr/lib/debug/.build-id/xx/yy.debug" first; then the name in .gnu_debuglink, whose checksum must fit.
int find_debug_file(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base, const char* file,
                    const char* link, GElf_Word checksum, char** found) {
    int fd = dwfl_build_id_find_debuginfo(module, userdata, name, base, file, link, checksum, found);
    if (fd >= 0 || !link || !*link || !file || std::strchr(link, '/')) return fd;
    std::filesystem::path directory = std::filesystem::path(file).parent_path();
    for (const auto& candidate : {directory / link, directory / ".debug" / link,
                                  std::filesystem::path("/usr/lib/debug") / directory.relative_path() / link}) {
        if (candidate == std::filesystem::path(file)) continue;
        OwnedFd debug = OwnedFd::open_read(candidate.string());
        if (!debug) continue;
        *found = strdup(candidate.c_str());
        return debug.release();
    }
    return -1;
}

int find_nothing(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; }

const Dwfl_Callbacks callbacks = {find_nothing, find_debug_file, dwfl_offline_section_address, nullptr};

bool is_function(const GElf_Sym& symbol) {
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return false;
    int type = GELF_ST_TYPE(symbol.st_info);
    if (type == STT_FUNC || type == STT_GNU_IFUNC) return true;
    return type == STT_NOTYPE && GELF_ST_BIND(symbol.st_info) == STB_GLOBAL;  // hand-written assembly: _start
}

uint8_t preference_of(const GElf_Sym& symbol) {
    switch (GELF_ST_BIND(symbol.st_info)) {
        case STB_GLOBAL: return 0;
        case STB_WEAK: return 1;
        default: return 2;
    }
}

}  // namespace

ElfSymbols::ElfSymbols(OwnedFd file, const std::string& name, const std::string& root) {
    elf_version(EV_CURRENT);
    if (!file) return;
    read_segments(file.get());
    if (segments_.empty()) return;
    std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl(dwfl_begin(&callbacks), dwfl_end);
    if (!dwfl) return;
    dwfl_report_begin(dwfl.get());
    Dwfl_Module* module =
        dwfl_report_elf(dwfl.get(), (root + name).c_str(), (root + name).c_str(), file.get(), 0, false);
    if (!module) return;
    file.release();  // it is libdwfl's now
    dwfl_report_end(dwfl.get(), nullptr, nullptr);
    GElf_Addr bias = 0;
    if (!dwfl_module_getelf(module, &bias)) return;
    int count = dwfl_module_getsymtab(module);
    for (int i = 0; i < count; ++i) {
        GElf_Sym symbol;
        GElf_Addr address = 0;
        const char* text = dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
        if (!text || !*text || !is_function(symbol)) continue;
        std::string_view symbol_name(text);
        if (size_t at = symbol_name.find('@'); at != std::string_view::npos && at > 0)
            symbol_name = symbol_name.substr(0, at);
        table_.add(address - bias, symbol.st_size, symbol_name, preference_of(symbol));
    }
    table_.sort();
}

void ElfSymbols::read_segments(int fd) {
    std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr), elf_end);
    size_t count = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getphdrnum(elf.get(), &count) != 0) return;
    for (size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf.get(), static_cast<int>(i), &segment)) return;
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
        // A mapping begins at a page: so does what it covers.
        uint64_t before = segment.p_offset % page;
        segments_.push_back({segment.p_offset - before, segment.p_filesz + before, segment.p_vaddr - before});
    }
}

std::optional<SymbolTable::Found> ElfSymbols::find(uint64_t file_offset) const {
    for (const auto& segment : segments_) {
        if (file_offset < segment.offset || file_offset - segment.offset >= segment.size) continue;
        return table_.find(file_offset - segment.offset + segment.address);
    }
    return std::nullopt;
}

}  // namespace avocet::core
