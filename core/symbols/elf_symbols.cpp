// SPDX-License-Identifier: Apache-2.0
//
// ELF symbols through libdwfl.
#include "symbols/elf_symbols.hpp"

#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <memory>

#include "symbols/debug_search.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t page = 4096;

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
    std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl(dwfl_begin(&local_debug_files()), dwfl_end);
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
