// SPDX-License-Identifier: Apache-2.0
//
// What was found out about this kernel since it booted, on disk. A finding belongs to a boot, a kernel release and a
// version of the table; a file of anything else, of another user, or damaged, is as good as none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "feature_probes.hpp"

namespace avocet::bpf {

class FeatureCache {
public:
    // Empty: nothing is kept. Read when first asked.
    explicit FeatureCache(std::string directory) : directory_(std::move(directory)) {}
    ~FeatureCache() { save(); }
    FeatureCache(const FeatureCache&) = delete;
    FeatureCache& operator=(const FeatureCache&) = delete;

    std::optional<Finding> find(std::string_view name, unsigned version);
    void store(std::string_view name, const Finding& finding, unsigned version);
    // Replaces the file in one step. A directory that cannot be written is not worth a word.
    void save() noexcept;

private:
    void read(unsigned version);
    std::string file() const { return directory_ + "/kernel-features.json"; }

    std::string directory_, key_;
    bool read_ = false, changed_ = false;
    std::map<std::string, Finding, std::less<>> found_;
};

}  // namespace avocet::bpf
