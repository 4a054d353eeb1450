// SPDX-License-Identifier: Apache-2.0
//
// What waits for one sink because of one route, and the counts of it. Not locked: the sink's lane holds the lock.
//
// Entries are stretches of shared batches, so a batch that fits only in part is split without copying a record. The
// capacity is in records; a second bound in bytes keeps a queue of large rows (or of many tiny batches) from eating the
// machine, and the same policy applies when it is reached. Rows that a sink is busy with are not in the queue.
// A map snapshot is one thing: it is kept or dropped as a whole, and one larger than the queue passes through an empty
// one.
#pragma once

#include <deque>
#include <utility>

#include "route/router.hpp"

namespace avocet::core {

struct Stretch {
    BatchPtr batch;
    uint32_t first = 0, end = 0;
    uint64_t order = 0;  // arrival at this sink, over all of its queues
    uint64_t rows() const { return end - first; }
    bool whole() const { return view(batch).schema->kind == AVOCET_RECORD_MAP; }
};

// Rows that will not be delivered, on their way to the dead letters.
struct Fallen {
    Stretch stretch;
    const char* cause;
};

class RouteQueue {
public:
    RouteQueue(const RouteConfig& route, std::string sink);

    const RetryConfig& retry() const { return retry_; }
    // Whether the row in front may be tried again after an error; counts the attempt.
    bool try_again() { return attempts_ < retry_.attempts && ++attempts_; }
    void made_progress() { attempts_ = 0; }
    // What was dropped or failed since, if there is a dead-letter file.
    std::vector<Fallen> take_fallen() { return std::exchange(fallen_, {}); }
    void keep_fallen() { keeps_fallen_ = true; }

    WhenFull policy() const { return policy_; }
    bool empty() const { return waiting_.empty(); }
    uint64_t order() const { return waiting_.front().order; }  // [state: not empty]

    // Accepts or drops as many rows as the policy allows now, counts them, and returns how many it dealt with: all of
    // them, except for `block`, where the caller waits and offers the rest.
    uint32_t offer(Stretch stretch);
    Stretch take();
    // What a sink did not take goes back to the front; under drop_oldest it is then the first to be dropped.
    void put_back(Stretch stretch);

    void count_offered(uint64_t rows) { counts_.offered += rows; }
    void count_delivered(uint64_t rows) { counts_.delivered += rows, unflushed_ += rows; }
    void count_dropped(uint64_t rows) { counts_.dropped += rows; }
    void fail(Stretch stretch);
    void drop(Stretch stretch, const char* cause);
    void drop_all();
    // Moves up to `rows` from delivered to failed, only unflushed ones if `unflushed_only`. Returns how many.
    uint64_t lose_delivered(uint64_t rows, bool unflushed_only);
    void flushed() { unflushed_ = 0; }
    const RouteCounts& counts() const { return counts_; }

private:
    uint64_t room() const;
    uint64_t accepts(const Stretch& stretch) const;
    uint64_t excess(const Stretch& oldest) const;
    void push(Stretch stretch);
    void trim_oldest();

    std::deque<Stretch> waiting_;
    uint64_t capacity_, max_bytes_;
    WhenFull policy_;
    RetryConfig retry_;
    uint32_t attempts_ = 0;
    bool keeps_fallen_ = false;
    std::vector<Fallen> fallen_;
    uint64_t records_ = 0, bytes_ = 0;
    uint64_t unflushed_ = 0;  // delivered since the sink's last flush
    RouteCounts counts_;
};

}  // namespace avocet::core
