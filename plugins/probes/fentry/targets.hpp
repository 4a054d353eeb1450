// SPDX-License-Identifier: Apache-2.0
//
// From a spec, `[MODULE:]FUNCTION` or `bpf:[ID:]PROGRAM`, to functions that have both a place to attach (the list of
// traceable functions) and a type (BTF).
#pragma once

#include <string>
#include <vector>

#include "avocet/function_types.hpp"
#include "avocet/kernel_functions.hpp"
#include "avocet/provider.hpp"

namespace avocet::fentry {

struct Spec {
    bool is_return = false;
    bool of_program = false;       // a function of a BPF program
    std::string module, function;  // module empty: any; of a program: its id or `*`

    bool pattern() const {
        return has_wildcard(module) || has_wildcard(function) || function.find('|') != std::string::npos;
    }
    // "fentry 'vfs_read'", for messages
    std::string title() const {
        return std::string(is_return ? "fexit '" : "fentry '") + (of_program ? "bpf:" : "") +
               (module.empty() ? "" : module + ":") + function + "'";
    }
};

struct Target {
    std::string name;  // "fentry:vmlinux:vfs_read"
    std::string module, function;
    uint32_t program = 0;  // id of the BPF program; 0: the kernel
    FunctionType type;     // empty for programs
};

// Throws avocet::Error for text that cannot be meant.
Spec parse_spec(const ProbeSpec& spec);

// Throws avocet::Error if there is none.
std::vector<Target> find_targets(KernelFunctions& kernel, FunctionTypes& types, const Spec& spec);

// What a listing shows: no error when nothing matches.
std::vector<Target> list_targets(KernelFunctions& kernel, FunctionTypes& types, const ProbeSpec& text);

}  // namespace avocet::fentry
