// SPDX-License-Identifier: Apache-2.0
//
// From a spec to functions of this kernel.
//
// A function is named to the kernel by its symbol where that is unambiguous, else by its address. Several functions may
// have one name, in one module or in several: all of them are meant.
#pragma once

#include <string>
#include <vector>

#include "avocet/kernel_functions.hpp"
#include "spec.hpp"

namespace avocet::kprobe {

struct Target {
    std::string name;      // "kprobe:vfs_read"
    std::string function;  // its symbol
    std::string module;    // "vmlinux": the kernel proper
    uint64_t address = 0;  // 0: the symbol says it all
};

// Throws avocet::Error if there is none. `warn`: say what is likely to fail.
std::vector<Target> find_targets(KernelFunctions& kernel, const ProbeSpec& text, const Spec& spec, const Host& host,
                                 bool warn);

// What a listing shows: matches without offsets, and no address.
std::vector<Target> list_targets(KernelFunctions& kernel, const ProbeSpec& text);

}  // namespace avocet::kprobe
