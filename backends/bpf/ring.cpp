// SPDX-License-Identifier: Apache-2.0
#include "ring.hpp"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "avocet/error.hpp"

namespace avocet::bpf {
namespace {

uint64_t load_acquire(const void* p) { return __atomic_load_n(static_cast<const uint64_t*>(p), __ATOMIC_ACQUIRE); }
size_t page() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

RingBuffer::RingBuffer(int map_fd, uint32_t size_bytes, uint32_t channel)
    : fd_(map_fd), channel_(channel), size_(size_bytes) {
    consumer_ = mmap(nullptr, page(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (consumer_ == MAP_FAILED) throw Error(AVOCET_ERR_IO, "ring buffer: cannot be mapped: " + errno_text(errno));
    // Read-only: the producer's position and both copies of the data.
    producer_ = mmap(nullptr, page() + 2 * size_, PROT_READ, MAP_SHARED, fd_, static_cast<off_t>(page()));
    if (producer_ == MAP_FAILED) {
        const int error = errno;
        munmap(consumer_, page());
        throw Error(AVOCET_ERR_NO_MEMORY,
                    "ring buffer: cannot map " + std::to_string(size_) + " bytes: " + errno_text(error),
                    "try a smaller transport.size_per_cpu");
    }
    data_ = static_cast<const std::byte*>(producer_) + page();
    position_ = load_acquire(consumer_);
}

RingBuffer::~RingBuffer() {
    munmap(producer_, page() + 2 * size_);
    munmap(consumer_, page());
}

void RingBuffer::consume(std::vector<avocet_sample>& samples, size_t limit) noexcept {
    avocet_sample sample;
    while (samples.size() < limit && peek(sample)) {
        samples.push_back(sample);
        skip();
    }
}

bool RingBuffer::peek(avocet_sample& sample) noexcept {
    while (position_ < produced_ || position_ < (produced_ = load_acquire(producer_))) {
        const std::byte* record = data_ + (position_ & (size_ - 1));
        const uint32_t header = __atomic_load_n(reinterpret_cast<const uint32_t*>(record), __ATOMIC_ACQUIRE);
        if (header & BPF_RINGBUF_BUSY_BIT) return false;
        const uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        next_ = position_ + ((length + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7});
        sample = {record + BPF_RINGBUF_HDR_SZ, length, UINT32_MAX, channel_, 0};
        if (!(header & BPF_RINGBUF_DISCARD_BIT)) return true;
        skip();
    }
    return false;
}

void RingBuffer::skip() noexcept { position_ = next_; }

void RingBuffer::release() noexcept {
    __atomic_store_n(static_cast<uint64_t*>(consumer_), position_, __ATOMIC_RELEASE);
}

uint64_t RingBuffer::unread_bytes() const noexcept { return load_acquire(producer_) - load_acquire(consumer_); }

uint64_t RingBuffer::count_unread() noexcept {
    uint64_t count = 0;
    position_ = load_acquire(consumer_);
    for (avocet_sample sample; peek(sample); skip()) ++count;
    return count;
}

uint64_t RingBuffer::waiting() const noexcept { return load_acquire(producer_) - position_; }

}  // namespace avocet::bpf
