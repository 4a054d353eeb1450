// SPDX-License-Identifier: Apache-2.0
#include "host/crash_guard.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "host/codes.hpp"

namespace avocet::core {
namespace {

// A signal handler gets no context of ours: this is the one way to reach the guard. Of the guarding thread only.
thread_local CrashGuard* volatile current = nullptr;

constexpr size_t least_stack_bytes = 64u << 10;  // more than MINSIGSTKSZ with the largest register sets

void leave(int) { _exit(exit_plugin_crashed); }

}  // namespace

void CrashGuard::handle(int signal, siginfo_t*, void* context) {
    auto* guard = current;
    if (!guard) {  // another thread: as if there were no guard
        std::signal(signal, SIG_DFL);
        raise(signal);
        return;
    }
    guard->end("crashed ", signal, context);
}

void CrashGuard::leaving() {
    if (auto* guard = current) guard->end("ended the process ", 0, nullptr);
}

void CrashGuard::end(const char* what, int signal, void* context) const {
    const char* texts[] = {
        prefix_.c_str(), what, stage_, signal ? " (SIG" : " (", signal ? sigabbrev_np(signal) : "exit", ")",
        suffix_.c_str()};
    for (const char* text : texts) say_plainly(text);
    for (const int each : crash_signals)
        std::signal(each, leave);  // the frames are a courtesy: a crash on the way to them is none
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
    if (context) write_frames(context);
    _exit(exit_plugin_crashed);
}

CrashGuard::CrashGuard(const std::string& plugin)
    : prefix_(fmt::format("{0}: error: plugin '{0}': ", plugin)),
      suffix_(fmt::format(" [E{:04}]\nhint: nothing was attached; remove the plugin or report this to its author\n",
                          code::plugin_crashed)) {
    const auto wanted = std::max<long>(sysconf(_SC_SIGSTKSZ), static_cast<long>(least_stack_bytes));
    const auto size = static_cast<size_t>(wanted);
    stack_.reset(new std::byte[size]);
    stack_t own{};
    own.ss_sp = stack_.get();
    own.ss_size = size;
    sigaltstack(&own, &old_stack_);
    static const int registered = std::atexit(leaving);
    (void)registered;
    current = this;
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < crash_signals.size(); ++i) sigaction(crash_signals[i], &action, &old_actions_[i]);
}

CrashGuard::~CrashGuard() {
    for (size_t i = 0; i < crash_signals.size(); ++i) {
        struct sigaction now {};
        sigaction(crash_signals[i], nullptr, &now);
        // A plugin may have installed a handler of its own on purpose: it keeps it.
        if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == handle)
            sigaction(crash_signals[i], &old_actions_[i], nullptr);
    }
    current = nullptr;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack((old_stack_.ss_flags & SS_DISABLE) || !old_stack_.ss_sp ? &none : &old_stack_, nullptr);
}

void CrashGuard::enter(const char* stage) { stage_ = stage; }

}  // namespace avocet::core
