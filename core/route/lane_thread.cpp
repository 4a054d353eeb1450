// SPDX-License-Identifier: Apache-2.0
//
// The sink's thread: take the oldest stretch, give it to the sink unlocked, count what came of it; flush when nothing
// waits; tick when nothing comes. Every return from the sink's code first looks whether the lane was left behind
// meanwhile: then the counts are settled and nothing here may touch them.
#include <time.h>

#include <algorithm>
#include <cstddef>

#include "route/lane.hpp"

namespace avocet::core {

namespace {

uint64_t wall_clock_ns() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

bool has_tick(const avocet_sink_factory& factory) {
    return factory.base.struct_size >= offsetof(avocet_sink_factory, tick) + sizeof factory.tick && factory.tick;
}

}  // namespace

void SinkLane::run() {
    Lock lock(mutex_);
    while (!left_behind_) {
        if (RouteQueue* queue = oldest()) {
            consume_one(lock, *queue);
            bool drain_waits = wanted_order_ > settled_order_;
            if (drain_waits && !left_behind_ && oldest() && oldest()->order() >= wanted_order_) flush(lock);
        } else if (dirty_) {
            flush(lock);
        } else {
            settled_order_ = next_order_;
            done_.notify_all();
            if (stopping_ && !offering_) break;
            idle(lock);
        }
    }
    if (!left_behind_) close(lock);
    exited_ = true;
    done_.notify_all();
}

RouteQueue* SinkLane::oldest() const {
    RouteQueue* first = nullptr;
    for (auto& queue : queues_)
        if (!queue->empty() && (!first || queue->order() < first->order())) first = queue.get();
    return first;
}

void SinkLane::consume_one(Lock& lock, RouteQueue& queue) {
    Stretch stretch = queue.take();
    if (queue.policy() == WhenFull::block) space_.notify_all();
    if (ended_) return queue.count_dropped(stretch.rows());
    busy_queue_ = &queue;
    busy_rows_ = stretch.rows();
    avocet_batch batch = view(stretch.batch);
    batch.row_count = stretch.end;  // rows behind it were dropped or wait on their own
    uint32_t taken = 0;
    avocet_sink* sink = sink_;
    lock.unlock();
    avocet_status status = factory_->consume(sink, &batch, stretch.first, &taken);
    lock.lock();
    if (left_behind_) return;
    busy_queue_ = nullptr;
    taken = status == AVOCET_OK ? static_cast<uint32_t>(stretch.rows())
                                : std::min<uint32_t>(taken, stretch.end - stretch.first);
    queue.count_delivered(taken);
    dirty_ |= taken > 0;
    stretch.first += taken;
    if (taken) queue.made_progress();
    bool try_again = status > 0;
    if (status < 0 && stretch.rows()) {
        try_again = !abandoned_ && queue.try_again();
        if (!try_again) {
            Stretch refused = stretch;
            refused.end = refused.first + 1;
            queue.fail(std::move(refused));
            queue.made_progress();
            ++stretch.first;
        }
    }
    if (status == AVOCET_STOP) {
        ended_ = reader_gone_ = true;
        queue.count_dropped(stretch.rows());
        if (on_ended_) on_ended_();
        return;
    }
    if (status >= 0 && !stretch.rows()) pause_length_ = {};
    if (stretch.rows()) {
        if (abandoned_)
            queue.drop(std::move(stretch), "given up");
        else
            queue.put_back(std::move(stretch));
    } else {
        try_again = false;
    }
    write_fallen(lock, queue);
    if (try_again && !abandoned_) pause(lock, queue.retry(), taken > 0);
}

// Between two tries. Ended early only by abandon(), so that offers cannot turn it into a busy loop.
void SinkLane::pause(Lock& lock, const RetryConfig& retry, bool progress) {
    const Clock::duration first = std::chrono::nanoseconds(retry.first_ns);
    const Clock::duration longest = std::max<Clock::duration>(std::chrono::nanoseconds(retry.longest_ns), first);
    pause_length_ = progress ? first : std::clamp<Clock::duration>(pause_length_ * 2, first, longest);
    pause_.wait_until(lock, Clock::now() + pause_length_, [&] { return abandoned_; });
    tick_if_due(lock);
}

void SinkLane::idle(Lock& lock) {
    auto has_work = [&] { return oldest() || (stopping_ && !offering_) || wanted_order_ > settled_order_; };
    if (!has_tick(*factory_)) return work_.wait(lock, has_work);
    if (!work_.wait_until(lock, last_tick_ + tick_every, has_work)) tick_if_due(lock);
}

void SinkLane::tick_if_due(Lock& lock) {
    auto now = Clock::now();
    if (now - last_tick_ < tick_every || left_behind_ || !has_tick(*factory_)) return;
    last_tick_ = now;
    avocet_sink* sink = sink_;
    lock.unlock();
    factory_->tick(sink, wall_clock_ns());
    lock.lock();
}

void SinkLane::flush(Lock& lock) {
    uint64_t bound = oldest() ? oldest()->order() : next_order_;
    uint64_t lost = 0;
    avocet_sink* sink = sink_;
    lock.unlock();
    factory_->flush(sink, &lost);
    lock.lock();
    if (left_behind_) return;
    dirty_ = false;
    count_lost(lost);
    settled_order_ = std::max(settled_order_, bound);
    done_.notify_all();
}

void SinkLane::close(Lock& lock) {
    uint64_t lost = 0;
    avocet_sink* sink = sink_;
    lock.unlock();
    factory_->close(sink, &lost);
    lock.lock();
    if (!left_behind_) count_lost(lost);
}

// A sink says how many, not whose: the routes that delivered since the last flush bear it first. Losses that come to
// light later (a file removed long after) are taken from earlier deliveries.
void SinkLane::count_lost(uint64_t lost) {
    for (bool unflushed_only : {true, false})
        for (auto& queue : queues_) lost -= queue->lose_delivered(lost, unflushed_only);
    for (auto& queue : queues_) queue->flushed();
}

}  // namespace avocet::core
