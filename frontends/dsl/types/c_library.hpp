// SPDX-License-Identifier: Apache-2.0
//
// What a script may call of a BPF object written in another language: its global functions, by their BTF prototypes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "types/type.hpp"

namespace avocet::dsl {

struct CFunction {
    struct Param {
        std::string name;
        Type type;
    };
    std::string name;
    std::vector<Param> params;
    Type result;          // void_, integer or pointer
    std::string refused;  // why it cannot be called; empty: it can
};

// False: no object with BTF. Untrusted input: damaged objects have no functions.
bool read_c_functions(std::string_view object, std::vector<CFunction>& out);
// Names of its maps.
std::vector<std::string> read_c_maps(std::string_view object);

}  // namespace avocet::dsl
