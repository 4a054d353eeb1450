// SPDX-License-Identifier: Apache-2.0
//
// Variables and functions of one ELF file by name, and what its program headers say about where it is loaded. Symbols
// of a stripped file come from its debug file, found as for stacks (symbols/elf_symbols.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::core {

class ElfObjects {
public:
    // A file that cannot be read, is no ELF or is damaged has nothing.
    explicit ElfObjects(const std::string& path);

    bool is_fixed() const { return is_fixed_; }                    // linked to run at the addresses of its symbol table
    const std::string& debug_path() const { return debug_path_; }  // empty: none is used
    // Address, as the symbol table counts, of code that lies at an offset into the file.
    std::optional<uint64_t> address(uint64_t file_offset) const;

    struct Object {
        uint64_t address = 0, size = 0;
        std::string refusal;  // not empty: why there is no address
    };
    Object find(std::string_view name) const;

private:
    struct Segment {
        uint64_t offset, size, address;
    };
    struct Symbol {
        std::string name;
        uint64_t address, size;
        uint8_t rank;  // 0 global, 1 weak, 2 local
        bool is_thread_local;
    };
    void read_header(int fd);
    std::string path_, debug_path_;
    std::vector<Segment> segments_;
    std::vector<Symbol> symbols_;
    bool is_fixed_ = false;
};

}  // namespace avocet::core
