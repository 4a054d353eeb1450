// SPDX-License-Identifier: Apache-2.0
//
// Consumer of a BPF ring buffer (kernel doc: Documentation/bpf/ringbuf.rst). The data pages are mapped twice in a row,
// so a record never wraps, and samples are handed out as pointers into the kernel's pages: no copy. The space goes back
// to the producers in `release`, once for a whole batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "avocet/abi/backend.h"

namespace avocet::bpf {

class RingBuffer {
public:
    // `size_bytes`: the map's max_entries. Throws Error when it cannot be mapped.
    RingBuffer(int map_fd, uint32_t size_bytes, uint32_t channel);
    ~RingBuffer();
    RingBuffer(const RingBuffer&) = delete;
    RingBuffer& operator=(const RingBuffer&) = delete;

    uint32_t channel() const noexcept { return channel_; }
    // Appends finished records in order until `samples` holds `limit`. Stops at a record still being written.
    void consume(std::vector<avocet_sample>& samples, size_t limit) noexcept;
    // The next finished record, not consumed yet; `skip` consumes it. False: nothing finished at the front.
    bool peek(avocet_sample& sample) noexcept;
    void skip() noexcept;
    // Gives the space of everything consumed back. Pointers handed out before are dead.
    void release() noexcept;
    // Bytes written and not consumed, finished or not.
    uint64_t waiting() const noexcept;
    uint64_t size() const noexcept { return size_; }
    // Of a ring that somebody else reads: what that reader has left, in bytes and in finished records.
    uint64_t unread_bytes() const noexcept;
    uint64_t count_unread() noexcept;

private:
    int fd_;  // owned by the object
    uint32_t channel_;
    uint64_t size_;
    uint64_t position_ = 0;  // consumed up to here, not yet released
    uint64_t produced_ = 0;  // the producers' position when last looked at
    uint64_t next_ = 0;      // behind the record last peeked at
    void* consumer_ = nullptr;
    void* producer_ = nullptr;
    const std::byte* data_ = nullptr;
};

}  // namespace avocet::bpf
