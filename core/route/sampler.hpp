// SPDX-License-Identifier: Apache-2.0
//
// Sampling of events: one in N (the first, then every Nth), and at most so many a second (a bucket that holds one
// second's worth). Time is that of the records, so that a recording is sampled as the run was. [thread: data]
#pragma once

#include <algorithm>
#include <cstdint>

namespace avocet::core {

struct SampleConfig {
    uint64_t one_in = 1;      // 1: all
    uint64_t per_second = 0;  // 0: no limit
    bool empty() const { return one_in <= 1 && per_second == 0; }
};

class Sampler {
public:
    explicit Sampler(SampleConfig config) : config_(config), tokens_ns_(full()) {}

    bool takes(uint64_t time_ns) {
        if (config_.one_in > 1 && seen_++ % config_.one_in) return false;
        if (!config_.per_second) return true;
        if (time_ns > last_ns_) {
            if (last_ns_) tokens_ns_ = std::min(full(), tokens_ns_ + gain(time_ns - last_ns_));
            last_ns_ = time_ns;
        }
        if (tokens_ns_ < second) return false;
        tokens_ns_ -= second;
        return true;
    }

private:
    static constexpr uint64_t second = 1'000'000'000;
    // One record costs `second`; `per_second` of them come back in a second.
    uint64_t full() const { return config_.per_second * second; }
    uint64_t gain(uint64_t passed_ns) const { return std::min(passed_ns, second) * config_.per_second; }

    SampleConfig config_;
    uint64_t seen_ = 0, last_ns_ = 0, tokens_ns_;
};

}  // namespace avocet::core
