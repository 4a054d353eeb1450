// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace avocet::core {

namespace {

bool has_terminal() {
    const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

sigset_t run_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, number);
    return set;
}

// The kernel says so itself, or a shell passes on what it was told: then /dev/tty cannot be opened any more, though the
// process has a controlling terminal (a daemon never had one).
bool terminal_has_gone(const siginfo_t& info, bool had_terminal) {
    if (info.si_code == SI_KERNEL) return true;
    return had_terminal && !has_terminal();
}

constexpr int kQuit = SIGUSR2;  // sent by the destructor to its own thread

}  // namespace

SignalThread::SignalThread(std::function<void(int)> on_signal) {
    sigset_t set = run_signals();
    pthread_sigmask(SIG_BLOCK, &set, &previous_);
    thread_ = std::thread([this, set, had_terminal = has_terminal(), on_signal = std::move(on_signal)] {
        for (;;) {
            siginfo_t info{};
            int number = sigwaitinfo(&set, &info);
            if (quit_) return;
            if (number > 0) on_signal(number == SIGHUP && terminal_has_gone(info, had_terminal) ? SIGTERM : number);
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
