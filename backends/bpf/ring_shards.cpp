// SPDX-License-Identifier: Apache-2.0
#include "ring_shards.hpp"

#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>

#include <bpf/bpf.h>

#include "avocet/abi/program.h"
#include "avocet/error.hpp"

namespace avocet::bpf {
namespace {

uint64_t time_of(const avocet_sample& sample) { return static_cast<const avocet_event_header*>(sample.data)->time_ns; }

// Later first: the heap's top is the oldest.
struct Later {
    bool operator()(const auto& a, const auto& b) const { return a.time_ns > b.time_ns; }
};

}  // namespace

Fd RingShards::create(uint32_t size_bytes) {
    Fd map(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "avocet_ring", 0, 0, size_bytes, nullptr));
    if (!map)
        throw Error(AVOCET_ERR_NO_MEMORY,
                    "ring buffer: cannot create one of " + std::to_string(size_bytes) + " bytes: " + errno_text(errno),
                    "try a smaller transport.size_per_cpu");
    return map;
}

RingShards::RingShards(std::vector<Fd> maps, uint32_t size_bytes, uint32_t channel) : maps_(std::move(maps)) {
    for (const Fd& map : maps_) rings_.push_back(std::make_unique<RingBuffer>(map.get(), size_bytes, channel));
}

std::vector<int> RingShards::fds() const {
    std::vector<int> out;
    for (const Fd& map : maps_) out.push_back(map.get());
    return out;
}

void RingShards::consume(std::vector<avocet_sample>& samples, size_t limit, uint64_t horizon_ns) {
    struct Next {
        uint64_t time_ns;
        avocet_sample sample;
        RingBuffer* ring;
    };
    const size_t first = samples.size();
    std::vector<Next> next;
    const auto offer = [&](RingBuffer& ring) {
        avocet_sample sample;
        if (ring.peek(sample) && sample.size >= sizeof(avocet_event_header))
            next.push_back({time_of(sample), sample, &ring}), std::push_heap(next.begin(), next.end(), Later{});
    };
    for (auto& ring : rings_) offer(*ring);
    while (!next.empty() && samples.size() < limit && next.front().time_ns <= horizon_ns) {
        std::pop_heap(next.begin(), next.end(), Later{});
        const Next taken = next.back();
        next.pop_back();
        samples.push_back(taken.sample);
        taken.ring->skip();
        offer(*taken.ring);
    }
    // CPUs that share a ring reserve in one order and stamp in another, some nanoseconds apart.
    const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(first);
    const auto earlier = [](const avocet_sample& a, const avocet_sample& b) { return time_of(a) < time_of(b); };
    if (!std::is_sorted(begin, samples.end(), earlier)) std::stable_sort(begin, samples.end(), earlier);
}

void RingShards::release() noexcept {
    for (auto& ring : rings_) ring->release();
}

bool RingShards::waiting() const noexcept {
    return std::any_of(rings_.begin(), rings_.end(), [](auto& ring) { return ring->waiting() > 0; });
}

double RingShards::fullness() const noexcept {
    double most = 0;
    for (auto& ring : rings_)
        most = std::max(most, static_cast<double>(ring->waiting()) / static_cast<double>(ring->size()));
    return most;
}

}  // namespace avocet::bpf
