// SPDX-License-Identifier: Apache-2.0
//
// What this kernel can do. One table, one row and one probe for each feature; a feature is probed when first asked for,
// by trying it, and remembered for as long as the kernel runs (feature_cache.hpp).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "avocet/backend.hpp"

namespace avocet::bpf {

struct Finding {
    int present = -1;    // 1 yes, 0 no, -1 could not be probed
    std::string detail;  // the kernel's reason when not present
};

struct FeatureRow {
    const char* name;
    const char* needs;
    const char* purpose;
    Finding (*probe)();
};
std::span<const FeatureRow> feature_table();
// Grows with every change of the table or of what a probe means.
inline constexpr unsigned feature_table_version = 1;

class Features {
public:
    // Findings are kept in `cache_directory`; empty: only in this object.
    explicit Features(std::string cache_directory);

    // Throws Error for a name that is not in the table.
    const Finding& find(std::string_view name);
    bool has(std::string_view name) { return find(name).present == 1; }
    // All rows, or one.
    void list(const char* only, const Backend::FeatureFn& emit);

private:
    const Finding& probe(const FeatureRow& row);
    void store();

    std::string cache_directory_;
    std::map<std::string, Finding, std::less<>> found_;
};

}  // namespace avocet::bpf
