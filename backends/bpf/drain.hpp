// SPDX-License-Identifier: Apache-2.0
//
// The reader's side of the transport: all channels of a program and its timers behind one poll.
//
// Programs write events without waking anybody (an interrupt per event would cost the traced thread more than the
// event), so the reader comes by itself: every drain interval while there is data, up to five times more rarely while
// there is none, sooner when a buffer was found more than a quarter full. The program wakes the reader early only when
// much is waiting. The control channel is always read first, so a flood of events cannot delay an exit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "avocet/abi/backend.h"
#include "fd.hpp"
#include "perf_buffer.hpp"
#include "ring.hpp"
#include "ring_shards.hpp"

namespace avocet::bpf {

class Drain {
public:
    // `tick`: runs a timer's function; `missed` expirations were skipped because the reader was late.
    using TickFn = std::function<void(size_t timer, uint64_t missed)>;

    Drain(uint64_t interval_ns, TickFn tick);

    static constexpr uint32_t channel_control = 0, channel_events = 1, channel_foreign = 2;
    void add_ring(int map_fd, uint32_t size_bytes, uint32_t channel);
    void add_shards(std::vector<Fd> maps, uint32_t size_bytes, uint32_t channel);
    // `counted_by_program`: the program itself counts what the kernel could not take, so it is not reported twice.
    void add_perf(int map_fd, uint64_t bytes_per_cpu, uint32_t channel, bool timed, bool counted_by_program);
    // Returns the number that `tick` gets. Starts at once.
    size_t add_timer(uint64_t period_ns);
    void stop_timers() noexcept { timers_.clear(); }

    // From now on a poll that finds nothing is the end.
    void set_ending(bool ending) noexcept { ending_ = ending; }
    avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out);
    void release() noexcept;  // the samples of the last poll are no longer looked at
    void wake() noexcept;     // [thread: any, async-signal-safe]

private:
    struct Perf {
        std::unique_ptr<PerfBuffers> buffers;
        bool counted_by_program;
    };
    enum class Token : uint32_t { wake, data, timer };
    void watch(int fd, Token token, uint32_t index, bool edge);
    void collect(avocet_sample_batch& out);
    bool wait(uint64_t until_ns);  // true: woken by `wake`
    void run_timer(size_t index);
    void pace(bool found, double fullness) noexcept;
    bool pending() const noexcept;

    uint64_t base_ns_, interval_ns_, next_ns_ = 0;
    TickFn tick_;
    Fd epoll_, wake_;
    bool ending_ = false, due_ = true;
    std::vector<std::unique_ptr<RingBuffer>> rings_;  // by channel
    std::unique_ptr<RingShards> shards_;              // of the event channel, or none
    std::vector<Perf> perfs_;
    std::vector<Fd> timers_;
    std::vector<avocet_sample> samples_;
};

}  // namespace avocet::bpf
