// SPDX-License-Identifier: Apache-2.0
//
// Call frame instructions (DWARF 5, 6.4.2): a small program that says for each address of a function where its caller's
// registers are. Only what leads from frame to frame is followed: the CFA, rbp and the return address of x86-64.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace avocet::core {

// From `address` on. `rule`: AVOCET_UNWIND_RULE (avocet/abi/unwind.h).
struct FrameRow {
    uint64_t address;
    uint32_t rule;
    bool operator==(const FrameRow&) const = default;
};

// A common information entry: what the functions of a part of a file share.
struct FrameCommon {
    uint64_t code_alignment = 1;
    int64_t data_alignment = 1;
    uint64_t return_register = 0;
    uint8_t encoding = 0;  // of addresses, DW_EH_PE_*
    bool has_size = false, is_signal = false;
    std::string_view instructions;
};

// Appends the rows of a function at start <= address < end. What cannot be followed becomes AVOCET_UNWIND_UNKNOWN.
void run_frame_program(const FrameCommon& common, std::string_view instructions, uint64_t start, uint64_t end,
                       std::vector<FrameRow>& rows);

}  // namespace avocet::core
