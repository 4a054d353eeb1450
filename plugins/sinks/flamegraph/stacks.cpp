// SPDX-License-Identifier: Apache-2.0
#include "stacks.hpp"

#include <algorithm>

namespace avocet::flamegraph {

std::string folded_name(std::string_view name) {
    std::string out(name);
    for (char& c : out) {
        if (c == ';') c = ':';
        if (static_cast<unsigned char>(c) < 32 || c == 127) c = ' ';
    }
    return out.empty() ? "?" : out;
}

std::string folded_text(const Folded& stacks) {
    std::string out;
    for (const auto& [stack, count] : stacks) out += stack + ' ' + std::to_string(count) + '\n';
    return out;
}

Node tree_of(const Folded& stacks) {
    Node root;
    for (const auto& [stack, count] : stacks) {
        root.total += count;
        Node* node = &root;
        for (size_t start = 0; start <= stack.size();) {
            const size_t end = std::min(stack.find(';', start), stack.size());
            node = &node->children[stack.substr(start, end - start)];
            node->total += count;
            start = end + 1;
        }
    }
    return root;
}

}  // namespace avocet::flamegraph
