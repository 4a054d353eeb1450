// SPDX-License-Identifier: Apache-2.0
//
// What is read from the ELF container of a program: its sections and its symbols, bounds-checked. Loading and
// relocating is the backend's business (libbpf).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::core {

struct ElfSection {
    std::string name;
    std::string_view data;  // empty for .bss
    bool executable = false;
};

struct ElfSymbol {
    std::string name;
    size_t section = 0;  // index into sections
    uint64_t offset = 0, size = 0;
    bool function = false, object = false, global = false;
};

struct ElfObject {
    std::vector<ElfSection> sections;  // [0] is the null section
    std::vector<ElfSymbol> symbols;    // those in a section, by section and offset

    const ElfSection* find(std::string_view name) const;
    const ElfSymbol* find_symbol(std::string_view name) const;
};

// `bytes` must outlive the result. nullopt: `why` says what is wrong ("is not an ELF file").
std::optional<ElfObject> read_elf(std::string_view bytes, std::string& why);

}  // namespace avocet::core
