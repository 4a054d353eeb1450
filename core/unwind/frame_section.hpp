// SPDX-License-Identifier: Apache-2.0
//
// .eh_frame and .debug_frame: entries of functions (FDE), each with what it shares with others (CIE). Layouts: LSB Core
// 5.0, 10.6 and DWARF 5, 6.4.1. The bytes are the traced file's: an entry that makes no sense is left out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "avocet/abi/unwind.h"
#include "unwind/frame_program.hpp"

namespace avocet::core {

enum class FrameFormat { eh_frame, debug_frame };

struct FrameSection {
    std::string_view bytes;
    uint64_t address = 0;  // where the file is linked to have it
    FrameFormat format = FrameFormat::eh_frame;
};

struct FunctionRows {
    uint64_t start, end;  // addresses as the file is linked
    size_t first, count;  // in the list of rows
};

// More rows than this are not read: no file needs them, and no map has room for them.
constexpr size_t most_frame_rows = size_t{AVOCET_UNWIND_PAGE_ROWS} * AVOCET_UNWIND_FILE_PAGES;

// Appends each function and its rows.
void read_frame_section(const FrameSection& section, std::vector<FunctionRows>& functions, std::vector<FrameRow>& rows);

}  // namespace avocet::core
