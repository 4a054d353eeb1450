// SPDX-License-Identifier: Apache-2.0
#include "drain.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "avocet/error.hpp"

namespace avocet::bpf {
namespace {

constexpr size_t batch_limit = 4096;
constexpr uint64_t second_ns = 1'000'000'000, shortest_ns = 100'000;
// A sample is stamped before it is visible: one stamped this long ago has arrived, whichever CPU wrote it.
constexpr uint64_t settle_ns = 1'000'000;
// How long the end waits for a record that was reserved and not yet committed when its program was detached.
constexpr uint64_t commit_wait_ns = 100'000'000;

uint64_t now_ns(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<uint64_t>(t.tv_sec) * second_ns + static_cast<uint64_t>(t.tv_nsec);
}

uint64_t add(uint64_t a, uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

}  // namespace

Drain::Drain(uint64_t interval_ns, TickFn tick)
    : base_ns_(std::max(interval_ns, shortest_ns)),
      interval_ns_(base_ns_),
      tick_(std::move(tick)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!epoll_ || !wake_)
        throw Error(AVOCET_ERR_IO, "poll: cannot be set up: " + errno_text(errno), "raise 'ulimit -n'");
    watch(wake_.get(), Token::wake, 0, false);
    samples_.reserve(batch_limit);
}

void Drain::watch(int fd, Token token, uint32_t index, bool edge) {
    epoll_event event{};
    event.events = EPOLLIN | (edge ? static_cast<uint32_t>(EPOLLET) : 0);
    event.data.u64 = static_cast<uint64_t>(token) << 32 | index;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
        throw Error(AVOCET_ERR_IO, "poll: cannot wait for a buffer: " + errno_text(errno));
}

void Drain::add_ring(int map_fd, uint32_t size_bytes, uint32_t channel) {
    auto ring = std::make_unique<RingBuffer>(map_fd, size_bytes, channel);
    watch(map_fd, Token::data, channel, true);  // edge: ready only when woken, not whenever there is data
    const auto at = std::find_if(rings_.begin(), rings_.end(), [&](auto& r) { return r->channel() > channel; });
    rings_.insert(at, std::move(ring));
}

void Drain::add_shards(std::vector<Fd> maps, uint32_t size_bytes, uint32_t channel) {
    shards_ = std::make_unique<RingShards>(std::move(maps), size_bytes, channel);
    for (int fd : shards_->fds()) watch(fd, Token::data, channel, true);
}

void Drain::add_perf(int map_fd, uint64_t bytes_per_cpu, uint32_t channel, bool timed, bool counted_by_program) {
    auto buffers = std::make_unique<PerfBuffers>(map_fd, bytes_per_cpu, channel, timed);
    for (int fd : buffers->fds()) watch(fd, Token::data, channel, true);
    perfs_.push_back({std::move(buffers), counted_by_program});
}

size_t Drain::add_timer(uint64_t period_ns) {
    Fd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    timespec period{static_cast<time_t>(period_ns / second_ns), static_cast<long>(period_ns % second_ns)};
    itimerspec setting{period, period};
    if (!timer || timerfd_settime(timer.get(), 0, &setting, nullptr) < 0)
        throw Error(AVOCET_ERR_IO, "timer: cannot be started: " + errno_text(errno));
    watch(timer.get(), Token::timer, static_cast<uint32_t>(timers_.size()), false);
    timers_.push_back(std::move(timer));
    return timers_.size() - 1;
}

void Drain::wake() noexcept {
    const uint64_t one = 1;
    [[maybe_unused]] ssize_t ignored = write(wake_.get(), &one, sizeof one);  // full: it is awake already
}

void Drain::run_timer(size_t index) {
    uint64_t expirations = 0;
    if (index >= timers_.size() || read(timers_[index].get(), &expirations, sizeof expirations) != sizeof expirations)
        return;
    tick_(index, expirations - 1);
    due_ = true;  // what it wrote is wanted now
}

bool Drain::wait(uint64_t until_ns) {
    const uint64_t now = now_ns(CLOCK_MONOTONIC), left = until_ns > now ? until_ns - now : 0;
    timespec timeout{static_cast<time_t>(left / second_ns), static_cast<long>(left % second_ns)};
    epoll_event events[16];
    const int count = epoll_pwait2(epoll_.get(), events, 16, left / second_ns > 86400 ? nullptr : &timeout, nullptr);
    bool woken = false;
    for (int i = 0; i < count; ++i) {
        switch (static_cast<Token>(events[i].data.u64 >> 32)) {
            case Token::data: due_ = true; break;
            case Token::timer: run_timer(static_cast<uint32_t>(events[i].data.u64)); break;
            case Token::wake: {
                uint64_t ignored;
                woken = read(wake_.get(), &ignored, sizeof ignored) > 0 || woken;
                due_ = true;
            }
        }
    }
    return woken || (count < 0 && errno == EINTR);
}

void Drain::pace(bool found, double fullness) noexcept {
    if (samples_.size() == batch_limit)
        interval_ns_ = 0;  // there is more
    else if (fullness > 0.25)
        interval_ns_ = std::max(shortest_ns, static_cast<uint64_t>(static_cast<double>(base_ns_) * 0.25 / fullness));
    else if (found)
        interval_ns_ = base_ns_;
    else
        interval_ns_ = std::clamp(interval_ns_ * 2, base_ns_, 5 * base_ns_);
    next_ns_ = add(now_ns(CLOCK_MONOTONIC), interval_ns_);
    due_ = false;
}

void Drain::collect(avocet_sample_batch& out) {
    out.wall_ns = now_ns(CLOCK_REALTIME);
    out.boot_ns = now_ns(CLOCK_BOOTTIME);
    const uint64_t horizon = ending_ ? UINT64_MAX : out.boot_ns - settle_ns;
    double fullness = 0;
    size_t ring = 0;
    auto take_ring = [&](RingBuffer& r) {
        fullness = std::max(fullness, static_cast<double>(r.waiting()) / static_cast<double>(r.size()));
        r.consume(samples_, batch_limit);
    };
    for (; ring < rings_.size() && rings_[ring]->channel() <= channel_events; ++ring) take_ring(*rings_[ring]);
    if (shards_) {
        fullness = std::max(fullness, shards_->fullness());
        shards_->consume(samples_, batch_limit, horizon);
    }
    for (auto& perf : perfs_) {
        fullness = std::max(fullness, perf.buffers->fullness());
        perf.buffers->consume(samples_, batch_limit, horizon);
        const uint64_t lost = perf.buffers->take_lost();
        if (!perf.counted_by_program) out.lost += lost;
    }
    for (; ring < rings_.size(); ++ring) take_ring(*rings_[ring]);
    pace(!samples_.empty(), fullness);
    out.samples = samples_.data();
    out.count = static_cast<uint32_t>(samples_.size());
}

bool Drain::pending() const noexcept {
    for (auto& ring : rings_)
        if (ring->waiting()) return true;
    return shards_ && shards_->waiting();
}

void Drain::release() noexcept {
    samples_.clear();
    for (auto& ring : rings_) ring->release();
    if (shards_) shards_->release();
    for (auto& perf : perfs_) perf.buffers->release();
}

avocet_status Drain::poll(uint64_t timeout_ns, avocet_sample_batch& out) {
    release();
    out.samples = nullptr;
    out.count = 0;
    out.lost = 0;
    const uint64_t start = now_ns(CLOCK_MONOTONIC), deadline = add(start, timeout_ns);
    due_ = due_ || timeout_ns == 0 || ending_;
    for (bool stop = false;;) {
        const uint64_t now = now_ns(CLOCK_MONOTONIC);
        if (due_ || stop || now >= next_ns_) collect(out);
        if (out.count || out.lost || stop) return AVOCET_OK;
        if (ending_) {
            if (!pending() || now - start > commit_wait_ns) return AVOCET_STOP;
            due_ = true;
            timespec moment{0, 100'000};
            nanosleep(&moment, nullptr);
            continue;
        }
        stop = wait(std::min(deadline, next_ns_)) || now_ns(CLOCK_MONOTONIC) >= deadline;
    }
}

}  // namespace avocet::bpf
