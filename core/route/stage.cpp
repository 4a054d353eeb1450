// SPDX-License-Identifier: Apache-2.0
#include "route/stage.hpp"

#include <algorithm>
#include <utility>

namespace avocet::core {

std::unique_ptr<Stage> Stage::make(const RouteConfig& route, const Renderer* renderer) {
    if (route.match.where.empty() && route.match.severities.empty() && route.sample.empty() && route.transform.empty())
        return nullptr;
    return std::unique_ptr<Stage>(new Stage(route, renderer));
}

Stage::Stage(const RouteConfig& route, const Renderer* renderer)
    : names_(route),
      severities_(route.match.severities),
      names_kinds_(!route.match.kinds.empty()),
      renderer_(renderer),
      sample_(route.sample),
      sampler_(route.sample) {
    ExpressionError ignored;  // the configuration has told it
    if (!route.match.where.empty()) where_ = parse_expression(route.match.where, ignored);
    if (!route.transform.empty()) transform_ = std::make_unique<Transform>(route.transform, renderer);
}

const RowFilter* Stage::filter_of(const avocet_schema& schema) {
    const bool data = schema.kind == AVOCET_RECORD_EVENT || schema.kind == AVOCET_RECORD_MAP;
    if (!where_ || (!data && !names_kinds_)) return nullptr;
    return &filters_.try_emplace(&schema, *where_, schema, renderer_).first->second;
}

bool Stage::has_severity(std::string_view severity) const {
    return severities_.empty() || std::find(severities_.begin(), severities_.end(), severity) != severities_.end();
}

BatchPtr Stage::pass(const BatchPtr& batch) {
    const avocet_batch& rows = view(batch);
    const avocet_schema& schema = *rows.schema;
    if (std::exchange(last_schema_, &schema) != &schema) names_.see(schema);
    const RowFilter* filter = filter_of(schema);
    const auto verdict = filter ? filter->verdict() : RowFilter::Verdict::all;
    const bool sampled = schema.kind == AVOCET_RECORD_EVENT && !sample_.empty();
    uint64_t filtered = 0, sampled_out = 0;
    keep_.clear();
    for (uint32_t i = 0; i < rows.row_count; ++i) {
        const avocet_value* row = rows.rows + size_t{i} * schema.field_count;
        const bool wanted =
            (severities_.empty() || has_severity(severity_of(schema, row))) &&
            (verdict == RowFilter::Verdict::some ? filter->passes(row) : verdict == RowFilter::Verdict::all);
        if (!wanted)
            ++filtered;
        else if (sampled && !sampler_.takes(rows.times_ns ? rows.times_ns[i] : rows.wall_ns))
            ++sampled_out;
        else
            keep_.push_back(i);
    }
    filtered_ += filtered;
    sampled_out_ += sampled_out;
    if (keep_.empty()) return nullptr;
    if (transform_) return transform_->apply(batch, keep_);
    return keep_.size() == rows.row_count ? batch : select_rows(batch, keep_);
}

}  // namespace avocet::core
