// SPDX-License-Identifier: Apache-2.0
#include "elf_image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace avocet::usdt {

namespace {

// More than any linker makes; a damaged file asks for anything.
constexpr uint64_t most_headers = 1u << 16, most_bytes = 256u << 20;

template <class T>
T value_at(const std::string& bytes, uint64_t offset) {
    T out;
    std::memcpy(&out, bytes.data() + offset, sizeof out);
    return out;
}

std::string text_at(const std::string& bytes, uint64_t offset) {
    if (offset >= bytes.size()) return {};
    size_t end = bytes.find('\0', offset);
    return end == std::string::npos ? std::string() : bytes.substr(offset, end - offset);
}

}  // namespace

Bytes::Bytes(std::string memory) : size_(memory.size()), memory_(std::move(memory)) {}
Bytes::~Bytes() {
    if (fd_ >= 0) close(fd_);
}
Bytes::Bytes(Bytes&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_), memory_(std::move(other.memory_)) {}

Bytes Bytes::open(const std::string& path, int& error) {
    Bytes out;
    struct stat st {};
    error = 0;
    out.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (out.fd_ < 0 || fstat(out.fd_, &st) != 0)
        error = errno;
    else if (S_ISREG(st.st_mode))
        out.size_ = static_cast<uint64_t>(st.st_size);
    return out;
}

std::optional<std::string> Bytes::read(uint64_t offset, uint64_t size) const {
    if (size > most_bytes || offset > size_ || size > size_ - offset) return std::nullopt;
    if (fd_ < 0) return memory_.substr(offset, size);
    std::string out(size, '\0');
    for (uint64_t done = 0; done < size;) {
        ssize_t got = pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt;
        done += static_cast<uint64_t>(got);
    }
    return out;
}

ElfImage::ElfImage(Bytes bytes) : bytes_(std::move(bytes)) {
    auto raw = bytes_.read(0, sizeof(Elf64_Ehdr));
    if (!raw || raw->compare(0, SELFMAG, ELFMAG) != 0) return;
    auto header = value_at<Elf64_Ehdr>(*raw, 0);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
        state_ = ElfState::not_64_bit;
        return;
    }
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
        state_ = ElfState::not_a_program;
        return;
    }
    state_ = ElfState::good;
    machine_ = header.e_machine == EM_X86_64    ? Machine::x86_64
               : header.e_machine == EM_AARCH64 ? Machine::aarch64
                                                : Machine::other;
    uint64_t sections = header.e_shnum, names = header.e_shstrndx, segments = header.e_phnum;
    // Numbers that do not fit stand in the first section.
    if (auto first = bytes_.read(header.e_shoff, sizeof(Elf64_Shdr)); header.e_shoff && first) {
        auto overflow = value_at<Elf64_Shdr>(*first, 0);
        if (sections == 0) sections = overflow.sh_size;
        if (names == SHN_XINDEX) names = overflow.sh_link;
        if (segments == PN_XNUM) segments = overflow.sh_info;
    }
    read_segments(header.e_phoff, segments, header.e_phentsize);
    if (header.e_shoff) read_sections(header.e_shoff, sections, header.e_shentsize, names);
}

void ElfImage::read_segments(uint64_t offset, uint64_t count, uint64_t entry_size) {
    if (entry_size != sizeof(Elf64_Phdr) || count > most_headers) return;
    auto table = bytes_.read(offset, count * entry_size);
    for (uint64_t i = 0; table && i < count; ++i) {
        auto h = value_at<Elf64_Phdr>(*table, i * entry_size);
        segments_.push_back({h.p_type, h.p_flags, h.p_vaddr, h.p_offset, h.p_filesz, h.p_align});
    }
}

void ElfImage::read_sections(uint64_t offset, uint64_t count, uint64_t entry_size, uint64_t names) {
    if (entry_size != sizeof(Elf64_Shdr) || count > most_headers) return;
    auto table = bytes_.read(offset, count * entry_size);
    if (!table) return;
    std::string strings;
    if (names < count) {
        auto h = value_at<Elf64_Shdr>(*table, names * entry_size);
        if (h.sh_type != SHT_NOBITS) strings = bytes_.read(h.sh_offset, h.sh_size).value_or("");
    }
    for (uint64_t i = 0; i < count; ++i) {
        auto h = value_at<Elf64_Shdr>(*table, i * entry_size);
        sections_.push_back({text_at(strings, h.sh_name), h.sh_type, h.sh_link, h.sh_addr, h.sh_offset, h.sh_size,
                             h.sh_entsize, h.sh_addralign});
    }
}

std::optional<uint64_t> ElfImage::file_offset(uint64_t address, bool code) const {
    for (const Segment& s : segments_) {
        if (s.type != PT_LOAD || (code && !(s.flags & PF_X))) continue;
        if (address < s.address || address - s.address >= s.size) continue;
        uint64_t offset = address - s.address + s.offset;
        if (offset >= s.offset && offset < bytes_.size()) return offset;
    }
    return std::nullopt;
}

bool ElfImage::is_loaded_before(uint64_t address) const {
    constexpr uint64_t page = 4095;
    const auto offset = file_offset(address, false);
    for (const Segment& s : segments_) {
        if (!offset || s.type != PT_LOAD || !(s.flags & PF_W) || s.size == 0 || s.address > address) continue;
        const bool holds = address - s.address < s.size;
        const uint64_t first = s.offset & ~page, last = (s.offset + s.size + page) & ~page;
        if (!holds && *offset >= first && *offset < last) return true;
    }
    return false;
}

void ElfImage::read_symbols() const {
    symbols_.emplace();
    for (const Section& section : sections_) {
        if ((section.type != SHT_SYMTAB && section.type != SHT_DYNSYM) || section.link >= sections_.size()) continue;
        const Section& names = sections_[section.link];
        auto strings = names.type == SHT_STRTAB ? bytes_.read(names.offset, names.size) : std::nullopt;
        auto table = bytes_.read(section.offset, section.size);
        if (!strings || !table) continue;
        for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->size(); at += sizeof(Elf64_Sym)) {
            auto symbol = value_at<Elf64_Sym>(*table, at);
            int type = ELF64_ST_TYPE(symbol.st_info);
            if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || type == STT_TLS || type == STT_FILE)
                continue;
            std::string name = text_at(*strings, symbol.st_name);
            name.resize(std::min(name.find('@'), name.size()));
            if (name.empty()) continue;
            auto [entry, fresh] = symbols_->emplace(std::move(name), symbol.st_value);
            if (!fresh && entry->second != symbol.st_value) entry->second.reset();
        }
    }
}

std::optional<uint64_t> ElfImage::symbol(std::string_view name) const {
    if (!symbols_) read_symbols();
    auto found = symbols_->find(name);
    return found == symbols_->end() ? std::nullopt : found->second;
}

}  // namespace avocet::usdt
