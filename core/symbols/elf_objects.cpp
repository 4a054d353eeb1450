// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf_objects.hpp"

#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <algorithm>
#include <memory>
#include <set>

#include "symbols/debug_search.hpp"
#include "symbols/owned_fd.hpp"

namespace avocet::core {

namespace {

uint8_t rank_of(const GElf_Sym& symbol) {
    switch (GELF_ST_BIND(symbol.st_info)) {
        case STB_LOCAL: return 2;
        case STB_WEAK: return 1;
        default: return 0;
    }
}

// Of something that lies in memory; sections and source files are symbols too.
bool is_object(const GElf_Sym& symbol) {
    const int type = GELF_ST_TYPE(symbol.st_info);
    return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS &&
           (type == STT_OBJECT || type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC || type == STT_TLS);
}

}  // namespace

ElfObjects::ElfObjects(const std::string& path) : path_(path) {
    elf_version(EV_CURRENT);
    OwnedFd file = OwnedFd::open_read(path);
    if (!file) return;
    read_header(file.get());
    if (segments_.empty()) return;
    std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl(dwfl_begin(&local_debug_files()), dwfl_end);
    if (!dwfl) return;
    dwfl_report_begin(dwfl.get());
    Dwfl_Module* module = dwfl_report_elf(dwfl.get(), path.c_str(), path.c_str(), file.get(), 0, false);
    if (!module) return;
    file.release();  // it is libdwfl's now
    dwfl_report_end(dwfl.get(), nullptr, nullptr);
    GElf_Addr bias = 0;
    if (!dwfl_module_getelf(module, &bias)) return;
    const int count = dwfl_module_getsymtab(module);
    for (int i = 0; i < count; ++i) {
        GElf_Sym symbol;
        GElf_Addr address = 0;
        const char* text = dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
        if (!text || !*text || !is_object(symbol)) continue;
        std::string name(text);
        // "environ@GLIBC_2.2.5" is for old callers only, "environ@@GLIBC_2.2.5" is meant.
        uint8_t rank = rank_of(symbol);
        if (const size_t at = name.find('@'); at != std::string::npos && at > 0) {
            if (name.compare(at, 2, "@@") != 0) rank = 3;
            name.resize(at);
        }
        const bool is_thread_local = GELF_ST_TYPE(symbol.st_info) == STT_TLS;
        symbols_.push_back({std::move(name), address - bias, symbol.st_size, rank, is_thread_local});
    }
    const char* debug = nullptr;
    dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, &debug);
    if (debug) debug_path_ = debug;
}

void ElfObjects::read_header(int fd) {
    std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr), elf_end);
    GElf_Ehdr header;
    size_t count = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || !gelf_getehdr(elf.get(), &header) ||
        elf_getphdrnum(elf.get(), &count) != 0)
        return;
    is_fixed_ = header.e_type == ET_EXEC;
    for (size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf.get(), static_cast<int>(i), &segment)) return;
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X))
            segments_.push_back({segment.p_offset, segment.p_filesz, segment.p_vaddr});
    }
}

std::optional<uint64_t> ElfObjects::address(uint64_t file_offset) const {
    for (const auto& segment : segments_)
        if (file_offset >= segment.offset && file_offset - segment.offset < segment.size)
            return file_offset - segment.offset + segment.address;
    return std::nullopt;
}

ElfObjects::Object ElfObjects::find(std::string_view name) const {
    if (symbols_.empty()) return {0, 0, "the file has no symbols"};
    const Symbol* best = nullptr;
    std::set<uint64_t> addresses;
    for (const Symbol& symbol : symbols_) {
        if (symbol.name != name || (best && symbol.rank > best->rank)) continue;
        if (!best || symbol.rank < best->rank) addresses.clear();
        addresses.insert(symbol.address);
        if (!best || symbol.rank < best->rank || symbol.size > best->size) best = &symbol;
    }
    if (!best) return {0, 0, "not found"};
    if (best->is_thread_local) return {0, 0, "it is thread-local: each thread has its own"};
    if (addresses.size() > 1)
        return {0, 0, "several stand under this name (" + std::to_string(addresses.size()) + " addresses)"};
    return {best->address, best->size, {}};
}

}  // namespace avocet::core
