// SPDX-License-Identifier: Apache-2.0
//
// The event transport of machines with many CPUs: several ring buffers in the array of maps `avocet_rings`. One ring
// for all CPUs makes every reservation wait for the same lock; a ring for a few CPUs does not. Samples carry times
// (avocet_event_header) and are handed out in their order over all rings.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fd.hpp"
#include "ring.hpp"

namespace avocet::bpf {

class RingShards {
public:
    // `maps`: the rings, owned from here on; each of `size_bytes`. Throws Error when one cannot be mapped.
    RingShards(std::vector<Fd> maps, uint32_t size_bytes, uint32_t channel);

    std::vector<int> fds() const;
    // Appends finished records, the oldest first, until `limit`. Records stamped after `horizon_ns` stay: an older one
    // may still be on its way in another ring.
    void consume(std::vector<avocet_sample>& samples, size_t limit, uint64_t horizon_ns);
    void release() noexcept;
    bool waiting() const noexcept;
    double fullness() const noexcept;  // of the fullest, 0 to 1

    // A ring buffer map for one shard. Throws Error.
    static Fd create(uint32_t size_bytes);

private:
    std::vector<Fd> maps_;
    std::vector<std::unique_ptr<RingBuffer>> rings_;
};

}  // namespace avocet::bpf
