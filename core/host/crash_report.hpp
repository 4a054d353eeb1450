// SPDX-License-Identifier: Apache-2.0
//
// What a crash of this process says before it ends as crashes do (by the signal, with a core file if the system writes
// one): whose code it was and the frames that lead there, unwound by libunwind. Nothing stays attached: the kernel
// takes the programs away with the process.
//
// Handlers run on the crashed thread. They allocate nothing; a second crash inside ends the process at once.
#pragma once

#include <array>
#include <csignal>
#include <string>

namespace avocet::core {

inline constexpr std::array<int, 5> crash_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// For these signals of any thread, from now on. [thread: control], once.
void report_crashes();

// Crashes in the library that `inside` points into are the plugin's. The first 128 are known. [thread: control]
void name_library(const void* inside, const std::string& plugin);

// For handlers: to standard error, without allocating.
void say_plainly(const char* text) noexcept;
// The frames below a signal's context (a ucontext_t), innermost first, to standard error:
// `    avocet-sink-x.so+0x11d9 write_batch+0x19`.
void write_frames(void* context) noexcept;

}  // namespace avocet::core
