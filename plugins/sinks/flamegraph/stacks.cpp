// SPDX-License-Identifier: Apache-2.0
#include "stacks.hpp"

#include <algorithm>
#include <charconv>

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

Folded read_folded(std::string_view text, size_t& bad_line) {
    Folded out;
    bad_line = 0;
    for (size_t number = 1; !text.empty(); ++number) {
        const size_t end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        const size_t blank = line.rfind(' ');
        uint64_t count = 0;
        const char* last = line.data() + line.size();
        const bool good = blank != std::string_view::npos && blank > 0 &&
                          std::from_chars(line.data() + blank + 1, last, count).ptr == last && line.back() != ' ';
        if (good)
            out[std::string(line.substr(0, blank))] += count;
        else if (!bad_line)
            bad_line = number;
    }
    return out;
}

namespace {

void grow(Node& root, const Folded& stacks, uint64_t Node::*weight) {
    for (const auto& [stack, count] : stacks) {
        root.*weight += count;
        Node* node = &root;
        for (size_t start = 0; start <= stack.size();) {
            const size_t end = std::min(stack.find(';', start), stack.size());
            node = &node->children[stack.substr(start, end - start)];
            node->*weight += count;
            start = end + 1;
        }
    }
}

}  // namespace

Node tree_of(const Folded& stacks, const Folded* base) {
    Node root;
    grow(root, stacks, &Node::total);
    if (base) grow(root, *base, &Node::base);
    return root;
}

}  // namespace avocet::flamegraph
