// SPDX-License-Identifier: Apache-2.0
//
// The three policies of a full queue, exact to the record.
#include "route/queue.hpp"

#include <algorithm>

namespace avocet::core {

RouteQueue::RouteQueue(const RouteConfig& route, std::string sink)
    : capacity_(std::max<uint64_t>(route.queue_records, 1)),
      max_bytes_(std::max<uint64_t>(route.queue_bytes, 1)),
      policy_(route.when_full),
      retry_(route.retry) {
    counts_.route = route.name;
    counts_.sink = std::move(sink);
}

void RouteQueue::drop(Stretch stretch, const char* cause) {
    counts_.dropped += stretch.rows();
    if (keeps_fallen_ && stretch.rows()) fallen_.push_back({std::move(stretch), cause});
}

void RouteQueue::fail(Stretch stretch) {
    counts_.failed += stretch.rows();
    if (keeps_fallen_ && stretch.rows()) fallen_.push_back({std::move(stretch), "refused by the sink"});
}

uint64_t RouteQueue::room() const {
    if (records_ >= capacity_ || bytes_ >= max_bytes_) return 0;
    return capacity_ - records_;
}

uint64_t RouteQueue::accepts(const Stretch& stretch) const {
    if (!stretch.whole()) return std::min(stretch.rows(), room());
    return waiting_.empty() || stretch.rows() <= room() ? stretch.rows() : 0;
}

void RouteQueue::push(Stretch stretch) {
    records_ += stretch.rows();
    bytes_ += memory_bytes(stretch.batch);
    waiting_.push_back(std::move(stretch));
}

uint32_t RouteQueue::offer(Stretch stretch) {
    auto offered = static_cast<uint32_t>(stretch.rows());
    if (policy_ == WhenFull::drop_oldest) {
        push(std::move(stretch));
        trim_oldest();
        return offered;
    }
    auto accepted = static_cast<uint32_t>(accepts(stretch));
    if (policy_ == WhenFull::drop_newest) {
        Stretch rest = stretch;
        rest.first += accepted;
        drop(std::move(rest), "queue full");
    }
    if (accepted) {
        stretch.end = stretch.first + accepted;
        push(std::move(stretch));
    }
    return policy_ == WhenFull::block ? accepted : offered;
}

// How many rows of the oldest stretch have to go. Always leaves the newest stretch at least in part: a queue cannot be
// so full that nothing new gets in.
uint64_t RouteQueue::excess(const Stretch& oldest) const {
    bool only = waiting_.size() == 1;
    if (only && oldest.whole()) return 0;
    if (bytes_ > max_bytes_ && !only) return oldest.rows();
    if (records_ <= capacity_) return 0;
    return oldest.whole() ? oldest.rows() : std::min(records_ - capacity_, oldest.rows());
}

void RouteQueue::trim_oldest() {
    while (!waiting_.empty()) {
        Stretch& oldest = waiting_.front();
        uint64_t rows = excess(oldest);
        if (!rows) return;
        Stretch gone = oldest;
        gone.end = gone.first + static_cast<uint32_t>(rows);
        drop(std::move(gone), "queue full");
        if (rows == oldest.rows()) {
            take();
        } else {
            oldest.first += static_cast<uint32_t>(rows);
            records_ -= rows;
        }
    }
}

Stretch RouteQueue::take() {
    Stretch out = std::move(waiting_.front());
    waiting_.pop_front();
    records_ -= out.rows();
    bytes_ -= memory_bytes(out.batch);
    return out;
}

void RouteQueue::put_back(Stretch stretch) {
    records_ += stretch.rows();
    bytes_ += memory_bytes(stretch.batch);
    waiting_.push_front(std::move(stretch));
    if (policy_ == WhenFull::drop_oldest) trim_oldest();
}

void RouteQueue::drop_all() {
    for (auto& stretch : waiting_) drop(std::move(stretch), "given up");
    waiting_.clear();
    records_ = bytes_ = 0;
}

uint64_t RouteQueue::lose_delivered(uint64_t rows, bool unflushed_only) {
    uint64_t moved = std::min(rows, unflushed_only ? unflushed_ : counts_.delivered);
    counts_.delivered -= moved;
    counts_.failed += moved;
    unflushed_ -= std::min(unflushed_, moved);
    return moved;
}

}  // namespace avocet::core
