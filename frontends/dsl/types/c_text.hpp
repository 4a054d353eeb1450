// SPDX-License-Identifier: Apache-2.0
//
// C definitions in a script: `struct`, `union` and `enum` with their members become types of the table, with the layout
// the System V ABI gives them on x86-64 and arm64. It reads declarations, not C: members are base types, typedefs,
// structs, enums, pointers, arrays and bit-fields; expressions are integers. No preprocessor: see passes/read_c_text.
#pragma once

#include <string>
#include <string_view>

namespace avocet::dsl {

class StructTable;

// One or more definitions. Returns what is wrong ("line 3: ..."), or an empty string.
std::string read_c_definition(StructTable& table, std::string_view text);

}  // namespace avocet::dsl
