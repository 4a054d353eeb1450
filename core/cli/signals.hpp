// SPDX-License-Identifier: Apache-2.0
//
// Signals of a run, taken by one thread with sigwait, so that nothing runs in a signal handler.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace avocet::core {

class SignalThread {
public:
    // Blocks INT, TERM, HUP, USR1 and USR2 in this thread and all that it starts later. A SIGHUP because the terminal
    // has gone is told as SIGTERM; one that somebody sent, as SIGHUP.
    explicit SignalThread(std::function<void(int)> on_signal);
    ~SignalThread();  // restores the mask; INT, TERM and HUP are ignored from then on
    SignalThread(const SignalThread&) = delete;
    SignalThread& operator=(const SignalThread&) = delete;

private:
    sigset_t previous_{};
    std::atomic<bool> quit_{false};
    std::thread thread_;
};

}  // namespace avocet::core
