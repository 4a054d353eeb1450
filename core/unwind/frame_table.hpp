// SPDX-License-Identifier: Apache-2.0
//
// What an x86-64 ELF file says about its frames, as the sorted rows that the kernel's side searches
// (avocet/abi/unwind.h): of .eh_frame, and of .debug_frame where that has nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "avocet/abi/unwind.h"

namespace avocet::core {

class FrameTable {
public:
    struct Row {
        uint32_t pc, rule;
    };
    // Of a file opened for reading. One that is no ELF, of another machine or damaged has no rows.
    explicit FrameTable(int fd);

    const std::vector<Row>& rows() const { return rows_; }
    // The rows in pages as the map has them; none stay here.
    std::vector<avocet_unwind_page> take_pages();
    // The pc of the rows at an offset of the file where code is mapped from.
    std::optional<uint64_t> pc_at(uint64_t file_offset, uint64_t size) const;
    uint32_t rule_at(uint64_t address) const;  // as the file is linked

private:
    struct Segment {
        uint64_t offset, size, address;
    };
    void read(int fd);
    void add(std::vector<struct FunctionRows> functions, const std::vector<struct FrameRow>& rows);
    bool is_code(uint64_t start, uint64_t end) const;
    void append(uint64_t address, uint32_t rule);

    std::vector<Segment> segments_;  // executable
    uint64_t origin_ = 0;            // the lowest address of code
    std::vector<Row> rows_;
};

}  // namespace avocet::core
