// SPDX-License-Identifier: Apache-2.0
//
// Stacks and how often each was seen, in folded form: frames from the root to the leaf, joined by `;`. The tree that is
// drawn follows from it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace avocet::flamegraph {

using Folded = std::map<std::string, uint64_t>;

// A frame's name as folded form can hold it: no `;`, no line break.
std::string folded_name(std::string_view name);
// "a;b 3\n" for each stack.
std::string folded_text(const Folded& stacks);

struct Node {
    uint64_t total = 0;
    std::map<std::string, Node> children;
};
Node tree_of(const Folded& stacks);

}  // namespace avocet::flamegraph
