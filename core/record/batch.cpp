// SPDX-License-Identifier: Apache-2.0
//
// The arena's blocks, and what a router needs to know of a batch.
#include "record/batch.hpp"

#include <algorithm>

namespace avocet::core {

namespace {
constexpr size_t first_block = 1024;
constexpr size_t largest_block = 256 * 1024;
}  // namespace

void* OwnedBatch::allocate_slow(size_t size, size_t align) {
    size_t block = std::clamp(allocated_, first_block, largest_block);
    size_t needed = size + align;
    bool own = needed > block / 2;  // keep filling the current block afterwards
    if (own) block = needed;
    arena.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
    allocated_ += block;
    std::byte* start = arena.back().get();
    auto at = (reinterpret_cast<uintptr_t>(start) + align - 1) & ~(static_cast<uintptr_t>(align) - 1);
    if (!own) {
        next_ = reinterpret_cast<std::byte*>(at + size);
        end_ = start + block;
    }
    return reinterpret_cast<void*>(at);
}

const avocet_batch& view(const BatchPtr& batch) { return batch->batch; }

size_t memory_bytes(const BatchPtr& batch) { return batch->held_bytes(); }

}  // namespace avocet::core
