// SPDX-License-Identifier: Apache-2.0
//
// As much of a 64-bit little-endian ELF file as its notes need: where sections lie, which part of the file an address
// is loaded from, which address a symbol has. The file may belong to whoever is traced, be damaged, or change while it
// is read: every number is checked against the file's size, nothing is mapped, and what is wrong is missing. See
// elf(5).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "argument.hpp"

namespace avocet::usdt {

// Bytes of a file, or of memory.
class Bytes {
public:
    explicit Bytes(std::string memory);
    static Bytes open(const std::string& path, int& error);  // error 0: opened
    ~Bytes();
    Bytes(Bytes&& other) noexcept;
    Bytes& operator=(Bytes&& other) = delete;
    uint64_t size() const { return size_; }
    // Exactly so many bytes; nullopt if the file does not have them.
    std::optional<std::string> read(uint64_t offset, uint64_t size) const;

private:
    Bytes() = default;
    int fd_ = -1;
    uint64_t size_ = 0;
    std::string memory_;
};

struct Section {
    std::string name;
    uint32_t type = 0, link = 0;
    uint64_t address = 0, offset = 0, size = 0, entry_size = 0, alignment = 0;
};

struct Segment {
    uint32_t type = 0, flags = 0;
    uint64_t address = 0, offset = 0, size = 0, alignment = 0;
};

enum class ElfState { good, not_elf, not_64_bit, not_a_program };

class ElfImage {
public:
    explicit ElfImage(Bytes bytes);
    ElfState state() const { return state_; }
    Machine machine() const { return machine_; }
    const std::vector<Section>& sections() const { return sections_; }
    const std::vector<Segment>& segments() const { return segments_; }
    std::optional<std::string> bytes(uint64_t offset, uint64_t size) const { return bytes_.read(offset, size); }
    // Where in the file an address is loaded from; `code`: only in executable segments.
    std::optional<uint64_t> file_offset(uint64_t address, bool code) const;
    // Whether the kernel, which knows a variable by its place in the file alone, takes another mapping for that of
    // `address`: linkers may load one page of the file twice, and the first that is writable when it is mapped counts.
    bool is_loaded_before(uint64_t address) const;
    // Of a function or object; nullopt if there is none or there are several.
    std::optional<uint64_t> symbol(std::string_view name) const;

private:
    void read_segments(uint64_t offset, uint64_t count, uint64_t entry_size);
    void read_sections(uint64_t offset, uint64_t count, uint64_t entry_size, uint64_t names);
    void read_symbols() const;

    Bytes bytes_;
    ElfState state_ = ElfState::not_elf;
    Machine machine_ = Machine::other;
    std::vector<Section> sections_;
    std::vector<Segment> segments_;
    mutable std::optional<std::map<std::string, std::optional<uint64_t>, std::less<>>> symbols_;  // nullopt: ambiguous
};

}  // namespace avocet::usdt
