// SPDX-License-Identifier: Apache-2.0
//
// What this kernel can do. One table, one row and one probe for each feature; a feature is probed when first asked for,
// by trying it out, and remembered for as long as the kernel runs (feature_cache.hpp).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "avocet/backend.hpp"
#include "feature_cache.hpp"
#include "feature_probes.hpp"

namespace avocet::bpf {

struct FeatureRow {
    const char* name;
    const char* needs;
    const char* purpose;  // what becomes slower or impossible without it
    Finding (*probe)();
};
std::span<const FeatureRow> feature_table();

class Features {
public:
    // Findings are kept in `cache_directory`; empty: only in this object.
    explicit Features(const std::string& cache_directory) : cache_(cache_directory) {}

    // Throws Error for a name that is not in the table.
    const Finding& find(std::string_view name);
    bool has(std::string_view name) { return find(name).present == 1; }
    // All rows, or one. Throws Error for a name that is not in the table.
    void list(const char* only, const Backend::FeatureFn& emit);

private:
    const Finding& probe(const FeatureRow& row);

    FeatureCache cache_;
    std::map<std::string, Finding, std::less<>> found_;
};

}  // namespace avocet::bpf
