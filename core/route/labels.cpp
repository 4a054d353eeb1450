// SPDX-License-Identifier: Apache-2.0
#include "route/labels.hpp"

#include <re2/re2.h>

#include <fmt/format.h>

#include <fstream>

namespace avocet::core {

namespace {

// Calls `literal` and `word` for the pieces of a text; returns what is wrong.
template <class Literal, class Word>
std::string split(std::string_view text, Literal literal, Word word) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("{{") || text.substr(i).starts_with("}}")) {
            literal(text[i++]);
        } else if (text[i] == '{') {
            const size_t end = text.find('}', i);
            if (end == std::string_view::npos) return "a brace is not closed";
            if (!word(text.substr(i + 1, end - i - 1)))
                return fmt::format("nothing stands for {}", text.substr(i, end - i + 1));
            i = end;
        } else {
            literal(text[i]);
        }
    }
    return {};
}

}  // namespace

CgroupNames names_of_cgroup(std::string_view path) {
    static const re2::RE2 pod("pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})");
    static const re2::RE2 container("(?:^|[-/:])([0-9a-f]{64})(?:\\.scope)?(?:/|$)");
    CgroupNames out;
    out.path = path;
    re2::RE2::PartialMatch({path.data(), path.size()}, pod, &out.pod);
    for (char& c : out.pod)
        if (c == '_') c = '-';
    re2::RE2::PartialMatch({path.data(), path.size()}, container, &out.container);
    return out;
}

const CgroupNames& ProcessCgroups::of(pid_t pid) {
    constexpr size_t most = 4096;
    if (auto found = known_.find(pid); found != known_.end()) return found->second;
    if (known_.size() >= most) known_.clear();
    std::string path;
    std::ifstream file(fmt::format("{}/{}/cgroup", proc_, pid));
    for (std::string line; std::getline(file, line);) {
        const size_t colon = line.find(':', line.find(':') + 1);
        if (colon == std::string::npos) continue;
        if (path.empty() || line.starts_with("0::")) path = line.substr(colon + 1);
    }
    return known_.emplace(pid, names_of_cgroup(path)).first->second;
}

std::string LabelText::check(std::string_view text) {
    return split(
        text, [](char) {},
        [](std::string_view word) {
            return word == "host" || word == "tool" || word == "cgroup" || word == "pod" || word == "container";
        });
}

LabelText::LabelText(std::string_view text, std::string_view host, std::string_view tool) {
    auto add = [&](std::string_view literal) {
        if (parts_.empty() || parts_.back().first != Part::literal) parts_.emplace_back(Part::literal, "");
        parts_.back().second += literal;
    };
    split(
        text,
        [&](char c) {
            add({&c, 1});
        },
        [&](std::string_view word) {
            if (word == "host") return add(host), true;
            if (word == "tool") return add(tool), true;
            of_process_ = true;
            parts_.emplace_back(word == "cgroup" ? Part::cgroup : word == "pod" ? Part::pod : Part::container, "");
            return true;
        });
}

std::string LabelText::make(const CgroupNames& process) const {
    std::string out;
    for (const auto& [part, literal] : parts_)
        out += part == Part::literal  ? literal
               : part == Part::cgroup ? process.path
               : part == Part::pod    ? process.pod
                                      : process.container;
    return out;
}

}  // namespace avocet::core
