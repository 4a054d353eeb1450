// SPDX-License-Identifier: Apache-2.0
//
// What an iterator's probe says of its program: the kernel names the context of iterator NAME `struct bpf_iter__NAME`
// (include/linux/bpf.h, DEFINE_BPF_ITER_FUNC), and a third part of the probe is where it is pinned.
#pragma once

#include <string>

#include "unit.hpp"

namespace avocet::dsl {

// "bpf_iter__task"; empty: the probe is no iterator.
inline std::string iterator_context(const ProbeFacts& facts) {
    if (facts.context != AVOCET_CONTEXT_ITERATOR || facts.targets.empty()) return {};
    const std::string& target = facts.targets[0];  // "iter:task" or "iter:task:/sys/fs/bpf/x"
    const size_t first = target.find(':');
    if (first == std::string::npos) return {};
    return "bpf_iter__" + target.substr(first + 1, target.find(':', first + 1) - first - 1);
}

// Read by others, later, without a tracer: printf writes text to the iterator's file.
inline bool is_pinned(const ProbeFacts& facts) {
    if (facts.context != AVOCET_CONTEXT_ITERATOR || facts.targets.empty()) return false;
    const size_t first = facts.targets[0].find(':');
    return first != std::string::npos && facts.targets[0].find(':', first + 1) != std::string::npos;
}

}  // namespace avocet::dsl
