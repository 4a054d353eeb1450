// SPDX-License-Identifier: Apache-2.0
//
// Consumer of a BPF_MAP_TYPE_PERF_EVENT_ARRAY: one perf buffer for each CPU (perf_event_open(2), "MMAP layout").
// Records may wrap and are aligned to 4 bytes, so samples are copied out. A sample's size includes the kernel's padding
// to the next multiple of 8 (less 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "avocet/abi/backend.h"
#include "fd.hpp"

namespace avocet::bpf {

class PerfBuffers {
public:
    // Opens a buffer of `bytes_per_cpu` (a power of two of at least a page) on every CPU that is online and puts it
    // into the map. `timed`: samples start with avocet_event_header, and are merged by its time_ns;
    // else by the times at which the kernel took them.
    PerfBuffers(int map_fd, uint64_t bytes_per_cpu, uint32_t channel, bool timed);
    ~PerfBuffers();
    PerfBuffers(const PerfBuffers&) = delete;
    PerfBuffers& operator=(const PerfBuffers&) = delete;

    std::vector<int> fds() const;
    // Appends samples until `limit`; the oldest first over all CPUs where they carry times. Samples stamped after
    // `horizon_ns` stay in the buffer: an older one may still be on its way on another CPU.
    void consume(std::vector<avocet_sample>& samples, size_t limit, uint64_t horizon_ns);
    // Forgets the copies.
    void release() noexcept;
    uint64_t waiting() const noexcept;  // bytes, all CPUs
    double fullness() const noexcept;   // of the fullest, 0 to 1
    uint64_t take_lost() noexcept;      // samples the kernel reported as lost since the last call

private:
    struct Cpu;
    struct Next {
        bool sample = false;
        uint64_t time_ns = 0;
    };
    Next peek(Cpu& cpu);
    void take(Cpu& cpu, std::vector<avocet_sample>& samples);

    uint64_t size_;
    uint32_t channel_;
    bool timed_;
    uint64_t boot_minus_monotonic_ns_ = 0;
    uint64_t lost_ = 0;
    std::vector<std::unique_ptr<Cpu>> cpus_;
    std::vector<std::unique_ptr<uint64_t[]>> blocks_;  // copies; a block never moves
    std::size_t block_ = 0, used_ = 0;                 // filling blocks_[block_] at word used_
};

// Power of two, at least `least`, not below `wanted`.
uint64_t round_up_power_of_two(uint64_t wanted, uint64_t least);

}  // namespace avocet::bpf
