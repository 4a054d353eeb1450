// SPDX-License-Identifier: Apache-2.0
//
// An ELF file that is open: on its own, as an uncompressed member of a ZIP file (what Android packages and some Python
// ones hold), or in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct Elf;

namespace avocet::uprobe {

// Owns a descriptor, or bytes, and the libelf handle over it. elf() is nullptr if it cannot be opened or is no ELF.
class OpenElf {
public:
    OpenElf() = default;
    explicit OpenElf(const std::string& path);
    // Bytes [offset, offset + size) of a file.
    OpenElf(const std::string& path, uint64_t offset, uint64_t size);
    static OpenElf from_memory(std::string bytes);
    ~OpenElf();
    OpenElf(OpenElf&& other) noexcept;
    OpenElf& operator=(OpenElf&& other) noexcept;
    ::Elf* elf() const { return elf_; }
    // All of it in memory: itself a copy of a file that is read piece by piece. For readers in libdw that have libelf
    // load the whole file: libelf (0.188) then forgets to free the pieces that it read before.
    bool is_in_memory() const { return in_memory_; }
    OpenElf copy_in_memory() const;
    int fd() const { return fd_; }
    int error() const { return error_; }         // errno of a failed open
    uint64_t offset() const { return offset_; }  // where the ELF begins in the file

private:
    bool open_file(const std::string& path);
    int fd_ = -1, error_ = 0;
    uint64_t offset_ = 0;
    bool in_memory_ = false;
    std::string bytes_;
    ::Elf* elf_ = nullptr;
};

// "ARCHIVE!/lib/x.so" taken apart; nullopt: not of this form.
struct ArchivePath {
    std::string archive, member;
};
std::optional<ArchivePath> split_archive_path(std::string_view text);

// Where the bytes of a member are. `compressed`: it is there, but not as it is.
struct ArchiveMember {
    uint64_t offset = 0, size = 0;
    bool compressed = false;
};
// nullopt: no such member, or no ZIP file. APPNOTE.TXT 6.3.3, 4.3; everything is checked, the file may be damaged.
std::optional<ArchiveMember> find_member(const std::string& archive, const std::string& member);

}  // namespace avocet::uprobe
