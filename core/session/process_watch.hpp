// SPDX-License-Identifier: Apache-2.0
//
// Calls `on_end` once, on a thread of its own, when one of the processes ends. The descriptors are the caller's and
// stay open for as long as this lives.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace avocet::core {

class ProcessWatch {
public:
    ProcessWatch(std::vector<int> pidfds, std::function<void()> on_end) : stop_(eventfd(0, EFD_CLOEXEC)) {
        thread_ = std::thread([this, fds = std::move(pidfds), on_end = std::move(on_end)] {
            std::vector<pollfd> polls{{stop_, POLLIN, 0}};
            for (int fd : fds) polls.push_back({fd, POLLIN, 0});
            while (poll(polls.data(), polls.size(), -1) < 0 && errno == EINTR) {}
            if (!(polls[0].revents & POLLIN)) on_end();
        });
    }
    ~ProcessWatch() {
        uint64_t one = 1;
        (void)!write(stop_, &one, sizeof one);
        thread_.join();
        close(stop_);
    }

private:
    int stop_;
    std::thread thread_;
};

}  // namespace avocet::core
