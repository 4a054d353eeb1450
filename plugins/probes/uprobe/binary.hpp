// SPDX-License-Identifier: Apache-2.0
//
// From what the user calls a binary to files: a path, a name in the current directory or in PATH, a library the dynamic
// linker knows (`libc`), a pattern, or the program of process -p. With -p paths mean what they mean to that process:
// when it lives in another mount namespace they are looked up below /proc/PID/root.
#pragma once

#include <string>
#include <vector>

#include "avocet/error.hpp"

namespace avocet::uprobe {

struct Binary {
    std::string shown;  // as the traced process calls it: in probe names and messages
    std::string path;   // as this process opens it
};

struct BinaryLookup {
    int32_t pid = -1;
    bool unsafe = false;
};

// At least one; throws avocet::Error with AVOCET_ERR_NOT_FOUND otherwise. Sorted by `shown`.
std::vector<Binary> find_binaries(const std::string& name, const BinaryLookup& lookup, const Host& host);

// The program of process -p.
Binary program_of(int32_t pid);

}  // namespace avocet::uprobe
