// SPDX-License-Identifier: Apache-2.0
//
// avocet/kernel_version.hpp: versions of kernels, as uname(2) and people write them.
#pragma once

#include <array>
#include <cstdlib>

namespace avocet {

// "6.1.0-51-amd64" as three numbers, which compare as versions do; what is not there is 0.
inline std::array<long, 3> kernel_version(const char* text) {
    std::array<long, 3> out{};
    for (long& part : out) {
        char* end = nullptr;
        part = std::strtol(text, &end, 10);
        if (*end != '.') break;
        text = end + 1;
    }
    return out;
}

}  // namespace avocet
