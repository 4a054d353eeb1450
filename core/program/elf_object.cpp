// SPDX-License-Identifier: Apache-2.0
//
// A relocatable ELF file for EM_BPF has one section header table and one symbol table; nothing else is looked at. The
// file is read by hand rather than through libelf because every offset in it is hostile until checked, and because
// a program with a manifest must open in microseconds.
#include "program/elf_object.hpp"

#include <elf.h>
#include <algorithm>
#include <bit>
#include <cstring>

#ifndef EM_BPF
#define EM_BPF 247
#endif

namespace avocet::core {

namespace {

template <class T>
bool read_at(std::string_view bytes, uint64_t offset, T& out) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
    std::memcpy(&out, bytes.data() + offset, sizeof(T));
    return true;
}

std::string string_at(std::string_view table, uint32_t offset) {
    if (offset >= table.size()) return {};
    std::string_view rest = table.substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
}

bool check_header(const Elf64_Ehdr& h, std::string& why) {
    constexpr uint8_t order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (std::memcmp(h.e_ident, ELFMAG, SELFMAG) != 0)
        why = "is not an ELF file";
    else if (h.e_ident[EI_CLASS] != ELFCLASS64)
        why = "is not a 64-bit ELF file";
    else if (h.e_ident[EI_DATA] != order)
        why = "has the byte order of another machine";
    else if (h.e_machine != EM_BPF)
        why = "is not a BPF object";
    else if (h.e_type != ET_REL)
        why = "is not a relocatable object";
    else if (h.e_shoff == 0 || h.e_shentsize != sizeof(Elf64_Shdr) || h.e_shnum == 0)
        why = "has no section headers";
    else
        return true;
    return false;
}

bool read_sections(std::string_view bytes, const Elf64_Ehdr& h, std::vector<Elf64_Shdr>& headers, ElfObject& out,
                   std::string& why) {
    for (uint32_t i = 0; i < h.e_shnum; ++i) {
        Elf64_Shdr s{};
        if (h.e_shoff > bytes.size() || !read_at(bytes, h.e_shoff + uint64_t{i} * sizeof s, s)) {
            why = "is cut short: a section header is missing";
            return false;
        }
        ElfSection section;
        section.executable = s.sh_flags & SHF_EXECINSTR;
        if (s.sh_type != SHT_NOBITS && s.sh_type != SHT_NULL) {
            if (s.sh_offset > bytes.size() || bytes.size() - s.sh_offset < s.sh_size) {
                why = "is cut short: a section is missing";
                return false;
            }
            section.data = bytes.substr(s.sh_offset, s.sh_size);
        }
        headers.push_back(s);
        out.sections.push_back(std::move(section));
    }
    if (h.e_shstrndx >= headers.size()) {
        why = "has no section names";
        return false;
    }
    std::string_view names = out.sections[h.e_shstrndx].data;
    for (size_t i = 0; i < headers.size(); ++i) out.sections[i].name = string_at(names, headers[i].sh_name);
    return true;
}

void read_symbols(const std::vector<Elf64_Shdr>& headers, size_t table, ElfObject& out) {
    if (headers[table].sh_link >= headers.size()) return;
    std::string_view data = out.sections[table].data, names = out.sections[headers[table].sh_link].data;
    Elf64_Sym s{};
    for (uint64_t at = 0; read_at(data, at, s); at += sizeof s) {
        if (s.st_shndx == SHN_UNDEF || s.st_shndx >= out.sections.size()) continue;
        ElfSymbol symbol;
        symbol.name = string_at(names, s.st_name);
        symbol.section = s.st_shndx;
        symbol.offset = s.st_value;
        symbol.size = s.st_size;
        symbol.function = ELF64_ST_TYPE(s.st_info) == STT_FUNC;
        symbol.object = ELF64_ST_TYPE(s.st_info) == STT_OBJECT;
        symbol.global = ELF64_ST_BIND(s.st_info) == STB_GLOBAL || ELF64_ST_BIND(s.st_info) == STB_WEAK;
        if (!symbol.name.empty()) out.symbols.push_back(std::move(symbol));
    }
}

}  // namespace

const ElfSection* ElfObject::find(std::string_view name) const {
    for (const auto& s : sections)
        if (s.name == name) return &s;
    return nullptr;
}

const ElfSymbol* ElfObject::find_symbol(std::string_view name) const {
    for (const auto& s : symbols)
        if (s.name == name) return &s;
    return nullptr;
}

std::optional<ElfObject> read_elf(std::string_view bytes, std::string& why) {
    Elf64_Ehdr header{};
    if (!read_at(bytes, 0, header)) {
        why = "is not an ELF file";
        return std::nullopt;
    }
    ElfObject out;
    std::vector<Elf64_Shdr> headers;
    if (!check_header(header, why) || !read_sections(bytes, header, headers, out, why)) return std::nullopt;
    for (size_t i = 0; i < headers.size(); ++i)
        if (headers[i].sh_type == SHT_SYMTAB) read_symbols(headers, i, out);
    std::stable_sort(out.symbols.begin(), out.symbols.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
        return a.section != b.section ? a.section < b.section : a.offset < b.offset;
    });
    return out;
}

}  // namespace avocet::core
