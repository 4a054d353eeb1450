// SPDX-License-Identifier: Apache-2.0
//
// A plugin that crashes while it is being loaded must not end the process without a word. While a CrashGuard lives, a
// SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGABRT of this thread writes which plugin crashed where, its frames, and leaves
// with exit_plugin_crashed. Jumping back out would be worse: the loader's and the allocator's locks may be held.
//
// Signal handlers belong to the process, so only one guard lives at a time (loading is [thread: control]); a crash of
// another thread is an ordinary one. The handler has a stack of its own, so endless recursion is caught. A plugin that
// calls exit() meanwhile is told the same way.
#pragma once

#include <array>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>

#include "host/crash_report.hpp"

namespace avocet::core {

inline constexpr int exit_plugin_crashed = 70;  // EX_SOFTWARE of sysexits.h

class CrashGuard {
public:
    explicit CrashGuard(const std::string& plugin);
    ~CrashGuard();
    CrashGuard(const CrashGuard&) = delete;
    CrashGuard& operator=(const CrashGuard&) = delete;

    // "while it was mapped", "in init": static text, shown if it crashes from now on.
    void enter(const char* stage);

private:
    static void handle(int signal, siginfo_t* info, void* context);
    static void leaving();                                                     // atexit
    [[noreturn]] void end(const char* what, int signal, void* context) const;  // 0: by exit()

    std::string prefix_;
    std::string suffix_;
    const char* volatile stage_ = "while it was loaded";
    std::unique_ptr<std::byte[]> stack_;
    stack_t old_stack_{};
    std::array<struct sigaction, crash_signals.size()> old_actions_{};
};

}  // namespace avocet::core
