// SPDX-License-Identifier: Apache-2.0
//
// Route patterns against a schema's names.
#include "route/match.hpp"

#include <algorithm>

#include "avocet/record.hpp"
#include "route/filter.hpp"

namespace avocet::core {

namespace {

bool any(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(), [&](auto& p) { return matches_pattern(p, text); });
}

bool any_or_unset(const std::vector<std::string>& patterns, std::string_view text) {
    return patterns.empty() || any(patterns, text);
}

std::string_view text_of(const char* text) { return text ? std::string_view(text) : std::string_view(); }

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
    size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool matches(const RouteMatch& match, const avocet_schema& schema) {
    if (!any_or_unset(match.kinds, record_kind_name(schema.kind))) return false;
    if (schema.kind != AVOCET_RECORD_EVENT && schema.kind != AVOCET_RECORD_MAP) return true;
    if (!any_or_unset(match.tools, text_of(schema.tool))) return false;
    if (match.probes.empty() && match.maps.empty()) return true;
    if (schema.kind == AVOCET_RECORD_MAP) return any(match.maps, text_of(schema.name));
    return any(match.probes, text_of(schema.probe));
}

}  // namespace avocet::core
