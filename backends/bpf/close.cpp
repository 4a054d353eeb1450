// SPDX-License-Identifier: Apache-2.0
#include "close.hpp"

#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

namespace avocet::bpf {
namespace {

constexpr size_t most_threads = 128;
constexpr size_t few = 2;

// In the process that only closes: async-signal-safe calls and nothing else. `kept` is sorted.
[[noreturn]] void close_alone(const std::vector<int>& kept) {
    setsid();  // not of the terminal's process group: ^C is not meant for it
    prctl(PR_SET_NAME, "avocet-detach");
    unsigned next = 0;
    for (int fd : kept) {
        if (static_cast<unsigned>(fd) > next) close_range(next, static_cast<unsigned>(fd) - 1, 0);
        next = static_cast<unsigned>(fd) + 1;
    }
    close_range(next, ~0u, 0);
    for (int fd : kept) close(fd);
    _exit(0);
}

// An orphan, so that nobody's wait() finds it.
bool hand_over(const std::vector<int>& fds) {
    const pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) {
        const pid_t orphan = fork();
        if (orphan == 0) close_alone(fds);
        _exit(orphan < 0 ? 1 : 0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

void close_in_parallel(std::vector<Fd> fds) {
    std::atomic<size_t> next{0};
    const auto work = [&] {
        for (size_t i; (i = next.fetch_add(1)) < fds.size();) fds[i].reset();
    };
    std::vector<std::jthread> threads;
    try {
        while (threads.size() + 1 < std::min(fds.size(), most_threads)) threads.emplace_back(work);
    } catch (const std::system_error&) {  // as many as there are
    }
    work();
}

void close_perf_events(std::vector<Fd> events) {
    if (events.size() <= few) return;
    std::vector<int> fds;
    for (auto& event : events) {
        ioctl(event.get(), PERF_EVENT_IOC_DISABLE, 0);
        fds.push_back(event.get());
    }
    std::sort(fds.begin(), fds.end());
    hand_over(fds);  // the copies here are then not the last ones; if it failed, they are
}

}  // namespace avocet::bpf
