// SPDX-License-Identifier: Apache-2.0
//
// The functions of an ELF file and where they are in it. Names come from .symtab and .dynsym of the file itself and
// from the .symtab of its separate debug file (by build-id, as distributions install it), values are virtual addresses,
// and a uprobe wants offsets into the file: the program headers translate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Elf;

namespace avocet::uprobe {

struct Function {
    std::string_view name;  // valid as long as the file
    uint64_t address = 0, size = 0, offset = 0;
    // Which of several functions of one name is meant: 0 global, 1 weak, 2 local, 3 an old version for old callers.
    uint8_t rank = 0;
    bool is_ifunc = false;  // its code chooses the implementation once, when the program is linked
};

// Owns a descriptor and the libelf handle over it.
class OpenElf {
public:
    OpenElf() = default;
    explicit OpenElf(const std::string& path);  // elf() is nullptr if it cannot be opened or is no ELF; see error()
    ~OpenElf();
    OpenElf(OpenElf&& other) noexcept;
    OpenElf& operator=(OpenElf&& other) noexcept;
    ::Elf* elf() const { return elf_; }
    int fd() const { return fd_; }
    int error() const { return error_; }

private:
    int fd_ = -1, error_ = 0;
    ::Elf* elf_ = nullptr;
};

class ElfFile {
public:
    // `path` is opened, `shown` is the name in messages. Throws avocet::Error: missing, unreadable, no ELF, 32 bits,
    // another machine's, an object file.
    ElfFile(const std::string& path, const std::string& shown);

    // Sorted by name, rank, address.
    const std::vector<Function>& functions();
    // nullopt: no executable segment covers the address.
    std::optional<uint64_t> file_offset(uint64_t address) const;
    // Up to `size` bytes of the file.
    std::string bytes(uint64_t offset, uint64_t size) const;
    // The function that covers an address, nullptr if none is known.
    const Function* covering(uint64_t address);

private:
    struct Segment {
        uint64_t address, offset, size;
    };
    void read_header(const std::string& shown);
    void read_symbols(::Elf* elf);
    std::string debug_file() const;

    OpenElf file_, debug_;
    std::vector<Segment> segments_;
    std::vector<Function> functions_;
    bool functions_read_ = false;
};

}  // namespace avocet::uprobe
