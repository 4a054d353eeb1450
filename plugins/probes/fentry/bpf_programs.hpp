// SPDX-License-Identifier: Apache-2.0
//
// Functions of the BPF programs that are loaded now: programs and their sub-programs, as far as they carry BTF.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace avocet::fentry {

struct ProgramFunction {
    uint32_t program;  // id
    std::string name;
};

// Sorted by name, then id. Throws avocet::Error when the kernel does not show them.
std::vector<ProgramFunction> program_functions();

}  // namespace avocet::fentry
