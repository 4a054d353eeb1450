// SPDX-License-Identifier: Apache-2.0
//
// A sink, its thread, and the queues in front of it: one for each route that leads to it, drained in order of arrival.
//
// One lock for all of it, taken once for each batch and never while the sink's code runs. The thread owns the sink from
// start to close; destroy happens on the control thread after the join.
//
// Giving up: abandon() drops what waits and lets the sink finish the call it is in, flush and close. A sink that does
// not come back within `grace` of that is left behind: its thread is detached, it is not destroyed, rows it holds are
// counted as dropped, and rows that it took but never flushed as failed, because nobody can vouch for them. The thread
// keeps the lane alive, not the host: a process that leaves a sink behind is expected to end soon.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "route/dead_letters.hpp"
#include "route/queue.hpp"

namespace avocet::core {

class SinkLane : public std::enable_shared_from_this<SinkLane> {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr auto grace = std::chrono::seconds(1);
    static constexpr auto tick_every = std::chrono::milliseconds(100);

    SinkLane(std::string name, const avocet_sink_factory* factory, avocet_sink* sink, Diagnostics& diagnostics);

    const std::string& name() const { return name_; }
    RouteQueue* add_queue(const RouteConfig& route, std::shared_ptr<DeadLetters> dead_letters = {});
    // Nothing is consumed before `other` has closed its sink. [state: not started]
    void follow(std::shared_ptr<SinkLane> other) { predecessor_ = std::move(other); }
    void on_ended(std::function<void()> listener) { on_ended_ = std::move(listener); }  // [state: not started]
    void on_thread(std::function<void()> first) { on_thread_ = std::move(first); }      // [state: not started]
    void start();

    void offer(RouteQueue& queue, const BatchPtr& batch);  // [thread: data]
    void drain();
    void stop();                                        // no more offers; drain, flush, close
    void finish();                                      // waits for that, then destroys the sink
    void abandon();                                     // [thread: any]
    bool ended() const { return reader_gone_; }         // nobody reads any more [thread: any]
    bool exited() const;                                // the sink is closed and nothing runs [thread: any]
    void collect(std::vector<RouteCounts>& out) const;  // [thread: any]

private:
    using Lock = std::unique_lock<std::mutex>;

    void run();
    RouteQueue* oldest() const;
    void consume_one(Lock& lock, RouteQueue& queue);
    void pause(Lock& lock, const RetryConfig& retry, bool progress);
    void await_predecessor();
    void write_fallen(Lock& lock, RouteQueue& queue);  // unlocks meanwhile
    void idle(Lock& lock);
    void tick_if_due(Lock& lock);
    void flush(Lock& lock);
    void close(Lock& lock);
    void count_lost(uint64_t lost);
    void leave_behind();

    const std::string name_;
    const avocet_sink_factory* const factory_;
    avocet_sink* sink_;
    Diagnostics& diagnostics_;
    std::function<void()> on_ended_, on_thread_;
    std::thread thread_;

    mutable std::mutex mutex_;
    std::condition_variable work_;   // for the sink's thread: something to do
    std::condition_variable pause_;  // for the sink's thread: stop waiting out an AGAIN
    std::condition_variable space_;  // for offer: a queue has room
    std::condition_variable done_;   // for drain and finish
    std::vector<std::unique_ptr<RouteQueue>> queues_;
    std::unordered_map<const RouteQueue*, std::shared_ptr<DeadLetters>> dead_letters_;
    std::shared_ptr<SinkLane> predecessor_;
    std::atomic<bool> reader_gone_{false};
    RouteQueue* busy_queue_ = nullptr;  // what the sink is consuming now
    uint64_t busy_rows_ = 0;
    uint64_t next_order_ = 0;
    uint64_t settled_order_ = 0;  // everything that arrived before this is consumed and flushed
    uint64_t wanted_order_ = 0;   // a drain waits for this
    uint32_t offering_ = 0;       // offers in progress; a blocked one is let finish before the sink is closed
    bool dirty_ = false;          // consumed something since the last flush
    bool running_ = false, stopping_ = false, abandoned_ = false, left_behind_ = false, ended_ = false, exited_ = true;
    Clock::time_point abandoned_at_{}, stopped_at_{}, last_tick_{};
    Clock::duration pause_length_{};
};

}  // namespace avocet::core
