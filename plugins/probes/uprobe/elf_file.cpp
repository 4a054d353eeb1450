// SPDX-License-Identifier: Apache-2.0
//
// ELF through libelf. See elf(5); symbol versions in the Linux Standard Base, "Symbol Versioning".
#include "elf_file.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <tuple>
#include <utility>

#include "avocet/error.hpp"

namespace avocet::uprobe {

namespace {

#if defined(__x86_64__)
constexpr uint16_t this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t this_machine = EM_AARCH64;
#else
constexpr uint16_t this_machine = EM_NONE;
#endif
constexpr uint16_t hidden_version = 0x8000;

template <class Body>
void for_each_section(::Elf* elf, Body&& body) {
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header)) body(section, header);
    }
}

uint8_t rank_of(const GElf_Sym& symbol, bool old_version) {
    if (old_version) return 3;
    switch (GELF_ST_BIND(symbol.st_info)) {
        case STB_LOCAL: return 2;
        case STB_WEAK: return 1;
        default: return 0;
    }
}

bool is_function(const GElf_Sym& symbol) {
    int type = GELF_ST_TYPE(symbol.st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

// Table of symbol versions that belongs to .dynsym, nullptr if the file has none.
Elf_Data* versions_of(::Elf* elf) {
    Elf_Data* found = nullptr;
    for_each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
        if (header.sh_type == SHT_GNU_versym) found = elf_getdata(section, nullptr);
    });
    return found;
}

}  // namespace

ElfFile::ElfFile(const std::string& path, const std::string& shown, const std::string& debuginfo)
    : path_(path), shown_(shown), debuginfo_(debuginfo) {
    if (auto in = split_archive_path(path); in && access(path.c_str(), F_OK) != 0) {
        auto member = find_member(in->archive, in->member);
        if (!member)
            throw Error(AVOCET_ERR_NOT_FOUND, "uprobe target file '" + shown + "': no such file in the archive",
                        "write ARCHIVE!/PATH as 'unzip -l' shows the path");
        if (member->compressed)
            throw Error(AVOCET_ERR_UNSUPPORTED, "uprobe target file '" + shown + "': compressed in the archive",
                        "only what is stored uncompressed can be run from there");
        file_ = OpenElf(in->archive, member->offset, member->size);
    } else {
        file_ = OpenElf(path);
    }
    if (file_.error() == ENOENT || file_.error() == ENOTDIR)
        throw Error(AVOCET_ERR_NOT_FOUND, "uprobe target file '" + shown + "' does not exist or is not executable");
    if (file_.error() == EACCES || file_.error() == EPERM)
        throw Error(AVOCET_ERR_PERMISSION, "uprobe target file '" + shown + "': this user may not read it");
    if (file_.error()) throw Error(AVOCET_ERR_IO, "uprobe target file '" + shown + "': " + errno_text(file_.error()));
    if (!file_.elf())
        throw Error(AVOCET_ERR_INVALID, "uprobe target file '" + shown + "': not an ELF file",
                    "a script is run by its interpreter: trace that program instead");
    read_header(shown);
}
ElfFile::~ElfFile() {
    dwarf_.reset();
    if (dwarf_handle_) dwarf_end(dwarf_handle_);
}

void ElfFile::read_header(const std::string& shown) {
    GElf_Ehdr header;
    if (!gelf_getehdr(file_.elf(), &header))
        throw Error(AVOCET_ERR_INVALID, "uprobe target file '" + shown + "': damaged ELF header");
    if (gelf_getclass(file_.elf()) != ELFCLASS64)
        throw Error(
            AVOCET_ERR_UNSUPPORTED, "uprobe target file '" + shown + "': a 32-bit program",
            "its arguments are not in the registers that a 64-bit program uses; only 64-bit programs are supported");
    if (header.e_machine != this_machine)
        throw Error(AVOCET_ERR_UNSUPPORTED, "uprobe target file '" + shown + "': a program for another processor");
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        throw Error(AVOCET_ERR_INVALID, "uprobe target file '" + shown + "': neither a program nor a shared library");
    is_fixed_ = header.e_type == ET_EXEC;
    size_t count = 0;
    if (elf_getphdrnum(file_.elf(), &count) != 0) count = 0;
    for (size_t i = 0; i < count; ++i) {
        GElf_Phdr segment;
        if (!gelf_getphdr(file_.elf(), static_cast<int>(i), &segment)) break;
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X))
            segments_.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz});
    }
}

bool ElfFile::is_cut_off() const {
    GElf_Ehdr header;
    struct stat st {};
    if (!gelf_getehdr(file_.elf(), &header) || fstat(file_.fd(), &st) != 0) return false;
    const uint64_t begin = std::min(file_.offset(), static_cast<uint64_t>(st.st_size));
    const uint64_t size = static_cast<uint64_t>(st.st_size) - begin;  // at most, of a member of an archive
    const uint64_t table = uint64_t{header.e_shnum} * header.e_shentsize;
    return header.e_shoff > size || table > size - header.e_shoff;
}

std::optional<uint64_t> ElfFile::file_offset(uint64_t address) const {
    for (const auto& segment : segments_)
        if (address >= segment.address && address - segment.address < segment.size)
            return file_.offset() + (address - segment.address) + segment.offset;
    return std::nullopt;
}

void ElfFile::read_symbols(::Elf* elf) {
    Elf_Data* versions = versions_of(elf);
    for_each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
        if ((header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) || header.sh_entsize == 0) return;
        Elf_Data* data = elf_getdata(section, nullptr);
        int count = data ? static_cast<int>(data->d_size / header.sh_entsize) : 0;
        for (int i = 0; i < count; ++i) {
            GElf_Sym symbol;
            if (!gelf_getsym(data, i, &symbol) || !is_function(symbol)) continue;
            const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
            auto offset = file_offset(symbol.st_value);
            if (!name || !*name || !offset) continue;
            GElf_Versym version = 0;
            bool is_old = header.sh_type == SHT_DYNSYM && versions && gelf_getversym(versions, i, &version) &&
                          (version & hidden_version);
            std::string_view text(name);
            // .symtab spells versions out: "memcpy@GLIBC_2.2.5", "memcpy@@GLIBC_2.14".
            if (size_t at = text.find('@'); at != std::string_view::npos && at > 0) {
                is_old = text.substr(at, 2) != "@@";
                text = text.substr(0, at);
            }
            functions_.push_back({text, symbol.st_value, symbol.st_size, *offset, rank_of(symbol, is_old),
                                  GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC});
        }
    });
}

// The debug file of a file that was stripped, and of one whose DWARF is wanted.
void ElfFile::find_debug() {
    if (std::exchange(debug_looked_for_, true)) return;
    bool is_seen_by_others =
        path_.size() > shown_.size() && path_.compare(path_.size() - shown_.size(), shown_.size(), shown_) == 0;
    debug_ =
        find_debug_file(file_.elf(), path_,
                        is_seen_by_others ? path_.substr(0, path_.size() - shown_.size()) : std::string(), debuginfo_);
}

const std::vector<Function>& ElfFile::functions() {
    if (functions_read_) return functions_;
    functions_read_ = true;
    read_symbols(file_.elf());
    bool has_symtab = false;
    for_each_section(file_.elf(),
                     [&](Elf_Scn*, const GElf_Shdr& header) { has_symtab |= header.sh_type == SHT_SYMTAB; });
    if (!has_symtab) {
        find_debug();
        if (debug_.elf.elf()) {
            read_symbols(debug_.elf.elf());
        } else {
            embedded_ = embedded_symbols(file_.elf());
            if (embedded_.elf()) read_symbols(embedded_.elf());
        }
    }
    auto key = [](const Function& f) { return std::tie(f.name, f.rank, f.address); };
    std::sort(functions_.begin(), functions_.end(),
              [&](const Function& a, const Function& b) { return key(a) < key(b); });
    auto same = [](const Function& a, const Function& b) { return a.name == b.name && a.address == b.address; };
    functions_.erase(std::unique(functions_.begin(), functions_.end(), same), functions_.end());
    return functions_;
}

std::optional<ElfFile::Symbol> ElfFile::symbol(const std::string& name) {
    functions();  // finds the debug file
    std::optional<Symbol> best;
    for (::Elf* elf : {file_.elf(), debug_.elf.elf(), embedded_.elf()}) {
        if (!elf || best) continue;
        for_each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
            if ((header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) || header.sh_entsize == 0) return;
            Elf_Data* data = elf_getdata(section, nullptr);
            int count = data ? static_cast<int>(data->d_size / header.sh_entsize) : 0;
            for (int i = 0; i < count && !best; ++i) {
                GElf_Sym symbol;
                if (!gelf_getsym(data, i, &symbol) || symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
                int type = GELF_ST_TYPE(symbol.st_info);
                if (type != STT_OBJECT && type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC) continue;
                const char* text = elf_strptr(elf, header.sh_link, symbol.st_name);
                std::string_view found(text ? text : "");
                if (found.substr(0, found.find('@')) == name) best = Symbol{symbol.st_value, symbol.st_size};
            }
        });
    }
    return best;
}

namespace {

// libdw takes texts out of these sections without looking for their end: a damaged file would have it read beyond. The
// units' own sections end with the zero that closes the last list of children.
// After dwarf_begin_elf, which unpacks compressed ones.
bool texts_end_inside(::Elf* elf) {
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return false;
    bool good = true;
    for_each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
        const char* name = elf_strptr(elf, names, header.sh_name);
        const std::string_view found(name ? name : "");
        if (found != ".debug_str" && found != ".debug_line_str" && found != ".debug_info" && found != ".debug_types")
            return;
        const Elf_Data* data = elf_getdata(section, nullptr);
        if (!data || !data->d_buf || data->d_size == 0) return;
        good &= static_cast<const char*>(data->d_buf)[data->d_size - 1] == '\0';
    });
    return good;
}

}  // namespace

Dwarf* ElfFile::open_dwarf(const OpenElf& from) {
    if (!from.elf()) return nullptr;
    Dwarf* dwarf = dwarf_begin_elf(from.elf(), DWARF_C_READ, nullptr);
    Dwarf_CU* unit = nullptr;
    if (dwarf && texts_end_inside(from.elf()) &&
        dwarf_get_units(dwarf, nullptr, &unit, nullptr, nullptr, nullptr, nullptr) == 0)
        return dwarf;
    if (dwarf) dwarf_end(dwarf);
    return nullptr;
}

DwarfInfo* ElfFile::dwarf() {
    if (std::exchange(dwarf_opened_, true)) return dwarf_.get();
    dwarf_handle_ = open_dwarf(file_);
    if (!dwarf_handle_) {
        find_debug();
        dwarf_handle_ = open_dwarf(debug_.elf);
    }
    if (!dwarf_handle_) return nullptr;
    if (!file_.is_in_memory()) frames_ = file_.copy_in_memory();
    dwarf_ = std::make_unique<DwarfInfo>(dwarf_handle_, file_.is_in_memory() ? file_.elf() : frames_.elf());
    return dwarf_.get();
}

const std::string& ElfFile::debug_path() { return debug_.path; }

std::string ElfFile::bytes(uint64_t offset, uint64_t size) const {
    constexpr uint64_t most = 64u << 20;  // no function is longer
    std::string out(std::min(size, most), '\0');
    ssize_t got = pread(file_.fd(), out.data(), out.size(), static_cast<off_t>(offset));
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
}

const Function* ElfFile::covering(uint64_t address) {
    const Function* best = nullptr;
    for (const auto& function : functions()) {
        if (address < function.address || address - function.address >= function.size) continue;
        if (!best || function.address > best->address) best = &function;
    }
    return best;
}

}  // namespace avocet::uprobe
