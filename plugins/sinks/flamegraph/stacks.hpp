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
// The stacks of such a text, written by anybody; `bad_line`: the first line (from 1) that is not one, 0: none.
Folded read_folded(std::string_view text, size_t& bad_line);

struct Node {
    uint64_t total = 0;
    uint64_t base = 0;  // of the run that this one is compared with
    std::map<std::string, Node> children;
};
// `base`: frames that are only there are in the tree too, with a total of 0.
Node tree_of(const Folded& stacks, const Folded* base = nullptr);

}  // namespace avocet::flamegraph
