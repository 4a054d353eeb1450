// SPDX-License-Identifier: Apache-2.0
//
// The control side of a lane: offers, draining, finishing and giving up. The sink's own thread is in lane_thread.cpp.
#include "route/lane.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>

namespace avocet::core {

SinkLane::SinkLane(std::string name, const avocet_sink_factory* factory, avocet_sink* sink, Diagnostics& diagnostics)
    : name_(std::move(name)), factory_(factory), sink_(sink), diagnostics_(diagnostics) {}

RouteQueue* SinkLane::add_queue(const RouteConfig& route, std::shared_ptr<DeadLetters> dead_letters) {
    Lock lock(mutex_);
    queues_.push_back(std::make_unique<RouteQueue>(route, name_));
    RouteQueue* queue = queues_.back().get();
    if (dead_letters) {
        queue->keep_fallen();
        dead_letters_.emplace(queue, std::move(dead_letters));
    }
    return queue;
}

// [state: locked] What the queue has given up goes to its file; the lock is not held while it is written.
void SinkLane::write_fallen(Lock& lock, RouteQueue& queue) {
    auto fallen = queue.take_fallen();
    if (fallen.empty()) return;
    auto found = dead_letters_.find(&queue);
    if (found == dead_letters_.end()) return;
    auto letters = found->second;
    lock.unlock();
    for (const auto& one : fallen)
        letters->write(queue.counts().route, name_, one.cause, one.stretch.batch, one.stretch.first, one.stretch.end);
    lock.lock();
}

void SinkLane::await_predecessor() {
    if (!predecessor_) return;
    {
        Lock lock(predecessor_->mutex_);
        predecessor_->done_.wait(lock, [&] { return predecessor_->exited_ || predecessor_->left_behind_; });
    }
    predecessor_.reset();
}

bool SinkLane::exited() const {
    Lock lock(mutex_);
    return exited_;
}

// Signals are the session's business: the new thread starts with all of them blocked.
void SinkLane::start() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    running_ = true;
    exited_ = false;
    last_tick_ = Clock::now();
    try {
        thread_ = std::thread([self = shared_from_this()] {
            self->await_predecessor();
            if (self->on_thread_) self->on_thread_();
            self->run();
        });
        pthread_setname_np(thread_.native_handle(), ("sink " + name_).substr(0, 15).c_str());
    } catch (const std::system_error& e) {
        running_ = false;
        exited_ = true;
        diagnostics_.error("core.route",
                           fmt::format("sink '{}': cannot start its thread: {}", name_, e.code().message()),
                           "raise the limit on processes (ulimit -u, pids.max)");
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void SinkLane::offer(RouteQueue& queue, const BatchPtr& batch) {
    Lock lock(mutex_);
    Stretch rest{batch, 0, view(batch).row_count, next_order_++};
    queue.count_offered(rest.rows());
    if (stopping_) {
        queue.drop(std::move(rest), "session ended");
        return write_fallen(lock, queue);
    }
    ++offering_;
    while (running_ && !abandoned_) {
        uint32_t dealt_with = queue.offer(rest);
        rest.first += dealt_with;
        if (!rest.rows()) break;
        if (dealt_with) work_.notify_one();
        space_.wait(lock);
    }
    queue.drop(std::move(rest), "given up");
    write_fallen(lock, queue);
    --offering_;
    lock.unlock();
    work_.notify_one();
}

void SinkLane::drain() {
    Lock lock(mutex_);
    if (!running_) return;
    uint64_t target = next_order_;
    wanted_order_ = std::max(wanted_order_, target);
    work_.notify_one();
    done_.wait(lock, [&] { return settled_order_ >= target || exited_ || abandoned_; });
}

void SinkLane::stop() {
    Lock lock(mutex_);
    stopping_ = true;
    stopped_at_ = Clock::now();
    work_.notify_one();
}

void SinkLane::finish() {
    Lock lock(mutex_);
    if (!sink_) return;
    done_.wait(lock, [&] { return exited_ || abandoned_; });
    if (!done_.wait_until(lock, std::max(abandoned_at_, stopped_at_) + grace, [&] { return exited_; })) {
        leave_behind();
        return;
    }
    running_ = false;
    for (auto& queue : queues_) {
        queue->drop_all();
        write_fallen(lock, *queue);
    }
    lock.unlock();
    if (thread_.joinable()) thread_.join();
    factory_->destroy(std::exchange(sink_, nullptr));
}

void SinkLane::abandon() {
    Lock lock(mutex_);
    if (abandoned_) return;
    abandoned_ = true;
    abandoned_at_ = Clock::now();
    for (auto& queue : queues_) queue->drop_all();
    work_.notify_one();
    pause_.notify_one();
    space_.notify_all();
    done_.notify_all();
    for (auto& queue : queues_) write_fallen(lock, *queue);
}

// [state: locked]
void SinkLane::leave_behind() {
    left_behind_ = true;
    running_ = false;
    sink_ = nullptr;
    if (busy_queue_) busy_queue_->count_dropped(busy_rows_);
    for (auto& queue : queues_) {
        queue->drop_all();
        queue->lose_delivered(UINT64_MAX, true);
    }
    if (thread_.joinable()) thread_.detach();
    done_.notify_all();
    diagnostics_.warning("core.route",
                         fmt::format("sink '{}': did not come back from its last call, left behind", name_),
                         "records that it had not flushed are counted as failed");
}

void SinkLane::collect(std::vector<RouteCounts>& out) const {
    Lock lock(mutex_);
    for (auto& queue : queues_) {
        out.push_back(queue->counts());
        out.back().ended = ended_;
    }
}

}  // namespace avocet::core
