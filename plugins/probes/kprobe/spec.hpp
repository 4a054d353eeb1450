// SPDX-License-Identifier: Apache-2.0
//
// The text of a kprobe or kretprobe: `[MODULE:]FUNCTION[+OFFSET]` or an address. FUNCTION may be several names joined
// by `|`, which is how groups are named that no pattern of the user's covers.
#pragma once

#include <cstdint>
#include <string>

#include "avocet/provider.hpp"

namespace avocet::kprobe {

struct Spec {
    bool is_return = false;
    bool by_address = false;
    uint64_t address = 0;
    std::string module, function;  // module empty: any
    uint64_t offset = 0;
    bool has_offset = false;

    // "kprobe 'vfs_read'", for messages
    std::string title() const {
        return std::string(is_return ? "kretprobe '" : "kprobe '") + (module.empty() ? "" : module + ":") + function +
               "'";
    }
    // Several functions may be meant.
    bool pattern() const {
        return has_wildcard(module) || has_wildcard(function) || function.find('|') != std::string::npos;
    }
};

// Throws avocet::Error for text that cannot be meant.
Spec parse_spec(const ProbeSpec& spec);

}  // namespace avocet::kprobe
