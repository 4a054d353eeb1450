// SPDX-License-Identifier: Apache-2.0
//
// The limits are those of the debug registers of x86-64: a power of two of bytes, aligned to itself; execution, writes,
// or any access (there is no way to ask for reads alone).
#include "spec.hpp"

#include <linux/hw_breakpoint.h>

#include "avocet/number.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::watchpoint {

namespace {

Error invalid(const std::string& fact, const std::string& hint = {}) { return Error(AVOCET_ERR_INVALID, fact, hint); }

uint64_t parse_address(const std::string& text) {
    auto number = parse_number(text);
    if (!number)
        throw invalid("watchpoint address '" + text + "': not a number", "for example watchpoint:0x10000000:8:rw");
    if (number->value == 0) throw invalid("watchpoint must be attached to a non-zero address");
    return number->value;
}

uint32_t parse_length(const std::string& text) {
    auto number = parse_number(text);
    uint64_t length = number ? number->value : 0;
    if (length != 1 && length != 2 && length != 4 && length != 8)
        throw invalid("watchpoint length must be one of (1,2,4,8), found '" + text + "'");
    return static_cast<uint32_t>(length);
}

uint32_t parse_mode(const std::string& text) {
    uint32_t mode = 0;
    for (char letter : text) {
        uint32_t bit = letter == 'r'   ? HW_BREAKPOINT_R
                       : letter == 'w' ? HW_BREAKPOINT_W
                       : letter == 'x' ? HW_BREAKPOINT_X
                                       : 0;
        if (!bit) throw invalid("watchpoint mode must be combination of (r,w,x), found '" + text + "'");
        if (mode & bit) throw invalid("watchpoint modes may not be duplicated, found '" + text + "'");
        mode |= bit;
    }
    if (mode == 0) throw invalid("watchpoint mode must be combination of (r,w,x), found none");
    if (mode != HW_BREAKPOINT_X && mode != HW_BREAKPOINT_W && mode != HW_BREAKPOINT_RW)
        throw invalid("invalid watchpoint mode: " + text, "supported modes: x,w,rw");
    return mode;
}

}  // namespace

std::string Watch::name() const {
    return "watchpoint:" + std::to_string(address) + ":" + std::to_string(length) + ":" + mode_text;
}

Watch parse_watch(const ProbeSpec& spec) {
    if (spec.parts.size() != 3) throw wrong_part_count(spec, "3");
    Watch watch;
    watch.address = parse_address(spec.parts[0]);
    watch.length = parse_length(spec.parts[1]);
    watch.mode_text = spec.parts[2];
    watch.mode = parse_mode(spec.parts[2]);
    if (watch.mode != HW_BREAKPOINT_X && watch.address % watch.length)
        throw invalid("watchpoint address '" + spec.parts[0] + "': not a multiple of its length " + spec.parts[1],
                      "the processor watches aligned memory; watch a shorter part of it");
    return watch;
}

}  // namespace avocet::watchpoint
