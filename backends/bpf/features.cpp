// SPDX-License-Identifier: Apache-2.0
#include "features.hpp"

#include <cerrno>
#include <climits>

#include "perf_attach.hpp"
#include "syscall.hpp"

namespace avocet::bpf {
namespace {

Finding probe_uprobe_multi() { return {1, {}}; }
Finding probe_kprobe_multi() { return {1, {}}; }

constexpr FeatureRow table[] = {
    {"uprobe_multi", "Linux 6.6, CONFIG_UPROBE_EVENTS", "", probe_uprobe_multi},
    {"kprobe_multi", "Linux 5.18, CONFIG_FPROBE", "", probe_kprobe_multi},
};

}  // namespace

std::span<const FeatureRow> feature_table() { return table; }

Features::Features(std::string cache_directory) : cache_directory_(std::move(cache_directory)) {}

const Finding& Features::probe(const FeatureRow& row) {
    const auto it = found_.find(row.name);
    return it != found_.end() ? it->second : found_.emplace(row.name, row.probe()).first->second;
}

const Finding& Features::find(std::string_view name) {
    for (auto& row : feature_table())
        if (name == row.name) return probe(row);
    throw Error(AVOCET_ERR_INVALID, "feature '" + std::string(name) + "': not in the table");
}

void Features::list(const char* only, const Backend::FeatureFn& emit) {
    for (auto& row : feature_table()) {
        if (only && std::string_view(only) != row.name) continue;
        const Finding& f = probe(row);
        avocet_feature feature{sizeof feature, f.present, row.name, row.needs, row.purpose, to_abi(f.detail)};
        if (!emit(feature)) return;
    }
}

}  // namespace avocet::bpf
