// SPDX-License-Identifier: Apache-2.0
//
// printf formats as the compiler sees them: which conversions there are, and what each accepts.
// A conversion is %[-][+][space][#][0][width][.prec][length]conv with the flags in this order; other text after a % is
// printed as it stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "types/type.hpp"

namespace avocet::dsl {

struct Conversion {
    std::string name;           // "d", "s", "r", "rx", "rh", "gr", "f" ...
    std::string flags;          // of "-+ #0"
    std::string width;          // digits or "*", empty: none
    bool precise = false;       // has a precision
    size_t begin = 0, end = 0;  // its bytes in the format
};

std::vector<Conversion> parse_format(std::string_view format);
bool accepts(const Conversion& conversion, const Type& type);
// f, e, n ...: no value can be printed with it.
bool is_unsupported(const Conversion& conversion);

}  // namespace avocet::dsl
