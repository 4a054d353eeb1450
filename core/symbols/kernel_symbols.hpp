// SPDX-License-Identifier: Apache-2.0
//
// Kernel symbols from /proc/kallsyms, read when the first kernel address needs a name and not before (5 MB of text).
// Where the kernel hides addresses (kptr_restrict, no CAP_SYSLOG) every one reads 0: that is told apart from a miss.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "symbols/symbol_table.hpp"

namespace avocet::core {

class KernelSymbols {
public:
    explicit KernelSymbols(std::string path = "/proc/kallsyms") : path_(std::move(path)) {}

    struct Found {
        std::string_view name, module;  // "vmlinux", or the module
        uint64_t offset;
    };
    std::optional<Found> find(uint64_t address);
    uint64_t address_of(std::string_view name);
    // After the first find or address_of: the file is unreadable or shows no addresses.
    bool hidden() const { return loaded_ && hidden_; }

private:
    void load();
    void load_again();
    void add_line(std::string_view line);
    uint32_t module_number(std::string_view name);

    std::string path_;
    bool loaded_ = false, hidden_ = true;
    bool early_ = false;  // read for address_of(), when what is traced, and the program itself, may not be there yet
    SymbolTable table_, low_;  // low_: per-CPU offsets and other values that are no addresses
    SymbolTable replaced_;     // an early one: names of it may be in use
    std::vector<std::string> modules_{"vmlinux"};
};

}  // namespace avocet::core
