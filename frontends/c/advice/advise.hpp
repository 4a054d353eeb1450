// SPDX-License-Identifier: Apache-2.0
//
// Clang's messages, with what only the tracer knows: that types come from BTF and not from headers, what the kernel's
// types and helpers are called, and what to do about it. Clang's own wording stays where nothing is to be added.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compile/compiler.hpp"

namespace avocet::c {

struct Knowledge {
    std::string vmlinux;                                            // the text of vmlinux.h; empty: not at hand
    std::function<std::string(const std::string& type)> module_of;  // the loaded module whose BTF has it; "": none
    // Reports why a probe spec cannot be had, at a place; false: it can.
    std::function<bool(const std::string& spec, const SourcePlace& place)> explain_probe;
    std::vector<Local> locals;
    bool bcc = false;
    std::string file, source;         // the main text
    std::vector<std::string> macros;  // of the dialect
};

void advise(std::vector<Message>& messages, const Knowledge& knowledge);

// The methods of a BCC map of this kind ("HASH"), in the order of their documentation; for what has no list: all.
std::vector<std::string> methods_of(const std::string& kind);

}  // namespace avocet::c
