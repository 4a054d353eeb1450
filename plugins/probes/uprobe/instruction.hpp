// SPDX-License-Identifier: Apache-2.0
//
// Where instructions begin. A breakpoint written into the middle of one changes what the traced program does, so an
// offset is refused unless walking from the function's start arrives exactly there. Lengths only, no meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace avocet::uprobe {

// Bytes of the instruction that `code` begins with; 0: none that is known, or it is cut off.
size_t instruction_length(std::string_view code);

// Whether an instruction begins at `offset` of a function; nullopt: the walk met something it cannot decode.
std::optional<bool> is_instruction_start(std::string_view function, uint64_t offset);

}  // namespace avocet::uprobe
