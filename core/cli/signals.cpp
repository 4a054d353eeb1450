// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.hpp"

#include <pthread.h>

namespace avocet::core {

namespace {

sigset_t run_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, number);
    return set;
}

constexpr int kQuit = SIGUSR2;  // sent by the destructor to its own thread

}  // namespace

SignalThread::SignalThread(std::function<void(int)> on_signal) {
    sigset_t set = run_signals();
    pthread_sigmask(SIG_BLOCK, &set, &previous_);
    thread_ = std::thread([this, set, on_signal = std::move(on_signal)] {
        for (;;) {
            siginfo_t info{};
            int number = sigwaitinfo(&set, &info);
            if (quit_) return;
            if (number > 0) on_signal(number == SIGHUP ? SIGTERM : number);
        }
    });
}

SignalThread::~SignalThread() {
    quit_ = true;
    pthread_kill(thread_.native_handle(), kQuit);
    thread_.join();
    // The run is over and its exit status is known: an interrupt that comes now changes nothing.
    for (int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

}  // namespace avocet::core
