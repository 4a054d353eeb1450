// SPDX-License-Identifier: Apache-2.0
//
// The file that an iterator's program writes to (bpf_seq_write, bpf_seq_printf), which somebody reads: the tracer, or
// for a pinned one whoever opens the pin. Both pointers on the way to it are read by plain loads, so that the verifier
// knows what they are; they stand first in their structs.
#pragma once

#include "lower/bpf.hpp"

namespace avocet::dsl::lower {

// context->meta->seq
inline llvm::Value* iterator_file(llvm::IRBuilderBase& b, llvm::Value* context) {
    auto* pointer = llvm::PointerType::get(b.getContext(), 0);
    llvm::Value* meta = b.CreateAlignedLoad(pointer, context, llvm::Align(8), true);
    return b.CreateAlignedLoad(pointer, meta, llvm::Align(8), true);
}

// One NUL byte: under the tracer, where printf goes through the ring, the file only makes a small read(2) return after
// as many objects as it asked for bytes. `slot`: 8 bytes of stack.
inline void iterator_step(llvm::IRBuilderBase& b, llvm::Value* context, llvm::Value* slot) {
    constexpr auto seq_write = static_cast<bpf::Helper>(127);
    b.CreateStore(b.getInt64(0), slot);
    bpf::call(b, seq_write, {iterator_file(b, context), slot, b.getInt64(1)});
}

inline void iterator_printf(llvm::IRBuilderBase& b, llvm::Value* context, llvm::Value* format, uint64_t format_size,
                            llvm::Value* words, uint64_t count) {
    constexpr auto seq_printf = static_cast<bpf::Helper>(126);
    bpf::call(b, seq_printf,
              {iterator_file(b, context), format, b.getInt64(format_size), words, b.getInt64(count * 8)});
}

}  // namespace avocet::dsl::lower
