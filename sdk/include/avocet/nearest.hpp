// SPDX-License-Identifier: Apache-2.0
//
// avocet/nearest.hpp: the name the user probably meant. Optimal string alignment distance (insert, delete, replace,
// swap of neighbours); a candidate is near when at most a third of the longer name differs.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace avocet {

// Edits from `a` to `b`, or limit + 1 when there are more than `limit`.
inline size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
    size_t length_gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (length_gap > limit) return limit + 1;
    std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        size_t best = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
            best = std::min(best, row[j]);
        }
        if (best > limit) return limit + 1;
        std::swap(before, last);
        std::swap(last, row);
    }
    return std::min(last[b.size()], limit + 1);
}

// The nearest candidate, the first of several equally near ones; empty if none is near.
template <class Range>
std::string nearest(std::string_view word, const Range& candidates) {
    std::string_view best;
    size_t best_distance = static_cast<size_t>(-1);
    for (const auto& candidate : candidates) {
        std::string_view name = candidate;
        size_t limit = std::max<size_t>(1, std::max(word.size(), name.size()) / 3);
        if (best_distance != static_cast<size_t>(-1)) limit = std::min(limit, best_distance - 1);
        size_t distance = edit_distance(word, name, limit);
        if (distance > limit) continue;
        best = name;
        best_distance = distance;
        if (distance == 0) break;
    }
    return std::string(best);
}

// "did you mean 'vfs_read'?", or empty.
template <class Range>
std::string nearest_hint(std::string_view word, const Range& candidates) {
    std::string name = nearest(word, candidates);
    return name.empty() ? std::string() : "did you mean '" + name + "'?";
}

}  // namespace avocet
