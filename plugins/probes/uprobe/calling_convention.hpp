// SPDX-License-Identifier: Apache-2.0
//
// Where callers put parameters: System V ABI, AMD64 supplement, 3.2.3 "Parameter passing", and what Rust does instead
// for functions that are not exported for C.
#pragma once

#include <asm/ptrace.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "dwarf_arguments.hpp"

namespace avocet::uprobe {

#if defined(__x86_64__)

inline constexpr std::array<uint16_t, 6> argument_registers{offsetof(pt_regs, rdi), offsetof(pt_regs, rsi),
                                                            offsetof(pt_regs, rdx), offsetof(pt_regs, rcx),
                                                            offsetof(pt_regs, r8),  offsetof(pt_regs, r9)};
inline constexpr uint16_t stack_pointer = offsetof(pt_regs, rsp);
inline constexpr int64_t return_address_bytes = 8;  // on the stack at the entry
inline constexpr bool known_convention = true;

#else

inline constexpr std::array<uint16_t, 1> argument_registers{0};
inline constexpr uint16_t stack_pointer = 0;
inline constexpr int64_t return_address_bytes = 0;
inline constexpr bool known_convention = false;

#endif

// Gives out registers and stack places in the order of the parameters.
class Convention {
public:
    Convention(Dwarf_Die& function, bool is_rust);
    // p.place and what belongs to it; left alone if the parameter is in vector registers, has no bytes, or nobody
    // knows.
    void place(Parameter& p);

private:
    void skip_registers(unsigned words);
    void in_registers(Parameter& p, unsigned words);
    void by_reference(Parameter& p);
    void on_stack(Parameter& p, uint64_t size, uint64_t alignment);

    bool is_rust_, is_lost_ = false;
    unsigned next_register_ = 0;
    uint64_t stack_ = 0;
};

}  // namespace avocet::uprobe
