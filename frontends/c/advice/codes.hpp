// SPDX-License-Identifier: Apache-2.0
//
// Error codes of frontend.c, 0001 to 0099. A code never changes meaning and is never reused; append only
// (sdk/docs/c-tools.md, "Messages").
#pragma once

#include <cstdint>

namespace avocet::c::code {

inline constexpr uint32_t two_dialects = 1;       // marks of both dialects in one text
inline constexpr uint32_t kernel_header = 2;      // an include that types of BTF stand for
inline constexpr uint32_t unknown_type = 3;       // a type that this kernel's BTF lacks
inline constexpr uint32_t unknown_member = 4;     // a member that this kernel's struct lacks
inline constexpr uint32_t unknown_probe = 5;      // a tracepoint, function or system call that is not there
inline constexpr uint32_t not_attached = 6;       // a function without a probe, an attachment without a function
inline constexpr uint32_t parameters = 7;         // too many parameters, unnamed ones, calls of programs
inline constexpr uint32_t map_method = 8;         // an unknown or unfitting map method, an unknown map type
inline constexpr uint32_t usdt_argument = 9;      // a wrong argument number of a static probe
inline constexpr uint32_t event_type = 10;        // what a buffer carries is unknown or ambiguous
inline constexpr uint32_t kind_missing = 11;      // reserved for kinds that the kernel lacks (the session says it)
inline constexpr uint32_t rejected = 12;          // reserved for the verifier (the backend says it)
inline constexpr uint32_t helper = 13;            // an unknown helper, or one for programs under the GPL only
inline constexpr uint32_t stack = 14;             // more than 512 bytes of local variables
inline constexpr uint32_t not_tracing = 15;       // sections, maps and helpers of networking
inline constexpr uint32_t pointer_in_event = 16;  // text that is in user memory, not in the event
inline constexpr uint32_t sidecar = 17;           // a mistake in a sidecar
inline constexpr uint32_t answered_here = 18;     // what a portable object keeps from the machine it was built on

}  // namespace avocet::c::code
