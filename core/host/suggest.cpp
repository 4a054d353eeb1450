// SPDX-License-Identifier: Apache-2.0
//
// "did you mean": Damerau-Levenshtein distance (a swap of neighbours is one edit, the commonest slip), ignoring case.
// A word is close when at most a third of it, rounded up, is wrong.
#include <algorithm>
#include <cctype>
#include <vector>

#include "host/diagnostics.hpp"

namespace avocet::core {
namespace {

constexpr size_t longest_word = 128;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

}  // namespace

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty() || word.size() > longest_word) return {};
    const size_t allowed = (word.size() + 2) / 3;
    size_t best = allowed + 1;
    std::string found;
    for (const auto& candidate : candidates) {
        size_t difference = std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
        if (difference > allowed || candidate.size() > longest_word || candidate == word) continue;
        size_t d = distance(word, candidate);
        if (d < best && d < candidate.size()) best = d, found = candidate;
    }
    return found;
}

}  // namespace avocet::core
