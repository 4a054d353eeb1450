// SPDX-License-Identifier: Apache-2.0
//
// A batch that owns what it points to. Whoever makes one (decoder, replay, a test) fills the arena while it is the
// only owner and then shares it as BatchPtr; from then on it is read-only, so any thread may look at it.
// The arena is a bump allocator: nothing in it is freed or destroyed before the batch is, so only trivially
// destructible things go in. Blocks grow from 1 KiB to 256 KiB; larger requests get a block of their own.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "avocet/abi/record.h"
#include "record/decoder.hpp"

namespace avocet::core {

struct OwnedBatch {
    avocet_batch batch{};  // points into the arena and at a schema that outlives it
    std::vector<std::unique_ptr<std::byte[]>> arena;

    OwnedBatch() { batch.struct_size = sizeof batch; }
    virtual ~OwnedBatch() = default;
    // Memory that this batch keeps from being freed, its own included.
    virtual size_t held_bytes() const { return sizeof(OwnedBatch) + allocated_; }
    OwnedBatch(const OwnedBatch&) = delete;
    OwnedBatch& operator=(const OwnedBatch&) = delete;

    // `align`: a power of two. Uninitialised. size 0 gives a unique, non-null address or the address of the next thing.
    void* allocate(size_t size, size_t align = alignof(std::max_align_t)) {
        auto at = (reinterpret_cast<uintptr_t>(next_) + align - 1) & ~(static_cast<uintptr_t>(align) - 1);
        if (!next_ || at + size > reinterpret_cast<uintptr_t>(end_)) return allocate_slow(size, align);
        next_ = reinterpret_cast<std::byte*>(at + size);
        return reinterpret_cast<void*>(at);
    }
    template <class T>
    T* allocate_array(size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    }
    // Copies; the result is not NUL-terminated.
    const char* copy(std::string_view text) {
        auto* out = static_cast<char*>(allocate(text.size(), 1));
        if (!text.empty()) std::memcpy(out, text.data(), text.size());
        return out;
    }
    template <class T>
    const T* copy(std::span<const T> items) {
        static_assert(std::is_trivially_copyable_v<T>);
        T* out = allocate_array<T>(items.size());
        if (!items.empty()) std::memcpy(out, items.data(), items.size_bytes());
        return out;
    }
    size_t allocated_bytes() const { return allocated_; }

private:
    void* allocate_slow(size_t size, size_t align);

    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    size_t allocated_ = 0;  // bytes of all blocks
};

}  // namespace avocet::core
