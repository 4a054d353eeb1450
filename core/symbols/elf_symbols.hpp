// SPDX-License-Identifier: Apache-2.0
//
// Functions of one ELF file by file offset. libdwfl finds the symbols: .symtab, else that of the separate debug file
// (by build-id or .gnu_debuglink, below /usr/lib/debug or beside the file), else .dynsym with .gnu_debugdata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "symbols/owned_fd.hpp"
#include "symbols/symbol_table.hpp"

namespace avocet::core {

class ElfSymbols {
public:
    // Takes the descriptor. `name`: the file's path, `root`: prefix below which its debug files are looked for as well.
    // A file that is no ELF, or is damaged, has no symbols.
    ElfSymbols(OwnedFd file, const std::string& name, const std::string& root);

    std::optional<SymbolTable::Found> find(uint64_t file_offset) const;

private:
    struct Segment {
        uint64_t offset, size, address;
    };
    void read_segments(int fd);
    std::vector<Segment> segments_;
    SymbolTable table_;
};

}  // namespace avocet::core
