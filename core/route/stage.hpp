// SPDX-License-Identifier: Apache-2.0
//
// What stands between the records that a route matches and its queues: filter, sampler, transform, in this order. A
// route that has none of them has no stage, and its batches are shared as they are.
//
// The condition looks at events and maps; at loss, lifecycle and error records only if the route names its kinds:
// whoever gets a part of the data also learns what is missing. Sampling is of events: a map's snapshot is whole or
// filtered, and losses and errors are never sampled away.
#pragma once

#include <atomic>
#include <optional>
#include <unordered_map>

#include "route/filter.hpp"
#include "route/names_used.hpp"
#include "route/router.hpp"

namespace avocet::core {

class Stage {
public:
    // nullptr: the route changes nothing.
    static std::unique_ptr<Stage> make(const RouteConfig& route, const Renderer* renderer);

    // What is left of a batch; null: nothing. [thread: data]
    BatchPtr pass(const BatchPtr& batch);
    // Rows left out so far, by the filter and by the sampler. [thread: any]
    uint64_t filtered() const { return filtered_; }
    uint64_t sampled_out() const { return sampled_out_; }
    const NamesUsed& names() const { return names_; }

private:
    Stage(const RouteConfig& route, const Renderer* renderer);
    const RowFilter* filter_of(const avocet_schema& schema);
    bool has_severity(std::string_view severity) const;

    NamesUsed names_;
    const avocet_schema* last_schema_ = nullptr;
    std::vector<std::string> severities_;
    bool names_kinds_;  // then the condition is for all of them, not only for events and maps
    std::optional<Expression> where_;
    const Renderer* renderer_;
    std::unordered_map<const avocet_schema*, RowFilter> filters_;
    SampleConfig sample_;
    Sampler sampler_;
    std::unique_ptr<Transform> transform_;
    std::vector<uint32_t> keep_;
    std::atomic<uint64_t> filtered_{0}, sampled_out_{0};
};

}  // namespace avocet::core
