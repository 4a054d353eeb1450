// SPDX-License-Identifier: Apache-2.0
//
// Names of code made at run time: /tmp/perf-PID.map, written by JIT compilers, one "START SIZE NAME" per line. The file
// is anyone's to create, so it counts only when it belongs to the process's user or root. It grows: when an
// address is not found and the file has changed, it is read again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "symbols/symbol_table.hpp"

namespace avocet::core {

class PerfMap {
public:
    // `path` through the process's root; `owner`: user id of the process.
    PerfMap(std::string path, uint32_t owner) : path_(std::move(path)), owner_(owner) {}
    std::optional<SymbolTable::Found> find(uint64_t address);

private:
    bool read_if_changed();
    std::string path_;
    uint32_t owner_;
    uint64_t size_ = 0, modified_ns_ = 0;
    std::unique_ptr<SymbolTable> table_;
};

// Text of a map; lines that do not parse are skipped.
std::unique_ptr<SymbolTable> parse_perf_map(std::string_view text);

}  // namespace avocet::core
