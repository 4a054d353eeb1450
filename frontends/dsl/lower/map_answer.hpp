// SPDX-License-Identifier: Apache-2.0
//
// What changing a map answers. Before Linux 6.4 maps answer with an int, and the upper half of the register may be
// anything: an error would look like a large positive number, and the loss would go uncounted.
#pragma once

#include "lower/bpf.hpp"

namespace avocet::dsl::lower {

inline llvm::Value* map_answer(llvm::IRBuilderBase& b, llvm::Value* status) {
    return b.CreateSExt(b.CreateTrunc(status, b.getInt32Ty()), b.getInt64Ty());
}

}  // namespace avocet::dsl::lower
