// SPDX-License-Identifier: Apache-2.0
//
// The functions of an ELF file and where they are in it. Names come from .symtab and .dynsym of the file itself and, if
// it was stripped, from its separate debug file or from .gnu_debugdata; values are virtual addresses, and a uprobe
// wants offsets into the file: the program headers translate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debug_file.hpp"
#include "dwarf_info.hpp"

namespace avocet::uprobe {

struct Function {
    std::string_view name;  // valid as long as the file
    uint64_t address = 0, size = 0, offset = 0;
    // Which of several functions of one name is meant: 0 global, 1 weak, 2 local, 3 an old version for old callers.
    uint8_t rank = 0;
    bool is_ifunc = false;  // its code chooses the implementation once, when the program is linked
};

class ElfFile {
public:
    // `path` is opened ("ARCHIVE!/MEMBER" too), `shown` is the name in messages. Throws avocet::Error: missing,
    // unreadable, no ELF, 32 bits, another machine's, an object file.
    // `debuginfo`: where debug files are looked for first (debug_file.hpp).
    ElfFile(const std::string& path, const std::string& shown, const std::string& debuginfo = {});
    ~ElfFile();

    // Sorted by name, rank, address.
    const std::vector<Function>& functions();
    // Objects with a name: variables and functions, for their addresses.
    struct Symbol {
        uint64_t address = 0, size = 0;
    };
    std::optional<Symbol> symbol(const std::string& name);
    // nullptr: neither the file nor its debug file has DWARF.
    DwarfInfo* dwarf();
    const std::string& debug_path();             // of the separate debug file, empty: none is used
    bool is_cut_off() const;                     // its section headers lie beyond its end
    bool is_fixed() const { return is_fixed_; }  // linked to run at the addresses of its symbol table

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
    void find_debug();
    Dwarf* open_dwarf(const OpenElf& from);

    std::string path_, shown_, debuginfo_;
    OpenElf file_, frames_, embedded_;  // frames_: the file again, for the unwinding tables
    DebugFile debug_;
    bool debug_looked_for_ = false, dwarf_opened_ = false, is_fixed_ = false;
    Dwarf* dwarf_handle_ = nullptr;
    std::unique_ptr<DwarfInfo> dwarf_;
    std::vector<Segment> segments_;
    std::vector<Function> functions_;
    bool functions_read_ = false;
};

}  // namespace avocet::uprobe
