// SPDX-License-Identifier: Apache-2.0
//
// The format file of a trace event, e.g.
//
//     field:unsigned short common_type;	offset:0;	size:2;	signed:0;
//     field:char prev_comm[16];	offset:8;	size:16;	signed:0;
//     field:__data_loc char[] name;	offset:8;	size:4;	signed:0;
//
// Text in, fields out; the common fields that every record begins with are left out. Lines that do not parse are
// skipped: they are some kernel's extension, and the other fields stay usable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::tracepoint {

struct Field {
    std::string name;
    std::string type;         // "char", "const char *", "pid_t": without name and array brackets
    std::string declaration;  // "char prev_comm[16]", as the file spells it
    uint32_t offset = 0, size = 0;
    bool is_signed = false;
    bool is_array = false;
    bool is_data_loc = false;  // a u32 that says where the data is
    bool is_pointer() const { return !is_array && type.find('*') != std::string::npos; }
};

std::vector<Field> parse_format(std::string_view text);

}  // namespace avocet::tracepoint
