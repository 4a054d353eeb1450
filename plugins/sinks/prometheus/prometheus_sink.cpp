// SPDX-License-Identifier: Apache-2.0
#include "prometheus_sink.hpp"

#include "avocet/abi/label.h"
#include "avocet/record.hpp"

namespace avocet::prometheus {

namespace {

const avocet_type no_type{};

std::set<std::string> names_in(const Options& options) {
    if (!options.is_set("counter_maps")) return {};
    auto list = options.list("counter_maps");
    if (list.empty()) list.push_back(options.text("counter_maps"));
    return {list.begin(), list.end()};
}

std::string number(const avocet_value& value) {
    return value.kind == AVOCET_VALUE_INT ? std::to_string(value.v.i) : std::to_string(value.v.u);
}

bool is_number(const avocet_value& value) {
    return value.kind == AVOCET_VALUE_INT || value.kind == AVOCET_VALUE_UINT || value.kind == AVOCET_VALUE_BOOL;
}

}  // namespace

PrometheusSink::PrometheusSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      instance_(options.instance()),
      counters_(names_in(options)),
      limit_(static_cast<size_t>(options.integer("limit_series"))),
      endpoint_(options.text("listen_address"), static_cast<int>(options.integer("port")),
                [this] { return metrics(); }) {}

uint32_t PrometheusSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    std::lock_guard lock(mutex_);
    const auto kind = static_cast<size_t>(batch.schema->kind);
    records_[kind < records_.size() ? kind : 0] += batch.row_count - first;
    if (batch.schema->kind == AVOCET_RECORD_MAP && batch.schema->field_count >= 2) take_map(batch, first);
    if (batch.schema->kind == AVOCET_RECORD_LOSS) take_losses(batch, first);
    if (batch.schema->kind == AVOCET_RECORD_LIFECYCLE) take_lifecycle(batch, first);
    return taken = batch.row_count - first;
}

// A snapshot replaces the one before.
void PrometheusSink::take_map(const avocet_batch& batch, uint32_t first) {
    const avocet_schema& of_map = *batch.schema;
    Family& family = families_[of_map.name];
    if (first == 0) family = {};
    for (uint32_t row = first; row < batch.row_count; ++row) {
        const avocet_value* values = batch.rows + size_t{row} * of_map.field_count;
        const std::string type = type_of(of_map.name, values[1]);
        if (type.empty()) continue;  // texts, stacks and tuples are no metrics
        if (family.name.empty()) {
            family.name = "avocet_map_" + metric_name(of_map.name) + (type == "counter" ? "_total" : "");
            family.help = std::string("map ") + of_map.name + " of the traced program";
            family.type = type;
        }
        if (family.series >= limit_) {
            ++left_out_;
            ++lost_;
            if (!std::exchange(limit_told_, true))
                host_.warn("sink '" + instance_ + "': map '" + of_map.name + "' has more than " +
                               std::to_string(limit_) + " series",
                           "limit_series sets how many are exported; the others are counted as lost");
            continue;
        }
        ++family.series;
        Labels labels = labels_of(*of_map.fields[0].type, values[0]);
        // What the route has added: host, pod, static text.
        for (uint32_t i = avocet_own_field_count(&of_map); i < of_map.field_count; ++i)
            labels.emplace_back(label_name(of_map.fields[i].name), text_of(*of_map.fields[i].type, values[i]));
        add_samples(family, std::move(labels), values[1]);
    }
}

std::string PrometheusSink::type_of(const std::string& map, const avocet_value& value) const {
    if (value.kind == AVOCET_VALUE_HIST) return "histogram";
    if (value.kind == AVOCET_VALUE_STATS) return "summary";
    if (!is_number(value)) return {};
    return counters_.count(map) ? "counter" : "gauge";
}

void PrometheusSink::add_samples(Family& family, Labels labels, const avocet_value& value) const {
    auto add = [&](const char* suffix, const std::string& amount) {
        family.samples += family.name + suffix + label_text(labels) + " " + amount + "\n";
    };
    if (value.kind == AVOCET_VALUE_STATS) {
        if (value.count < 3) return;
        add("_sum", number(value.v.items[2]));
        return add("_count", number(value.v.items[0]));
    }
    if (value.kind != AVOCET_VALUE_HIST) return add("", number(value));
    uint64_t sum = 0;
    labels.emplace_back("le", "");
    for (uint32_t i = 0; i < value.count; ++i) {
        sum += value.v.buckets[i].count;
        if (value.v.buckets[i].flags & 2) continue;
        labels.back().second = std::to_string(value.v.buckets[i].high - 1);  // le is inclusive
        add("_bucket", std::to_string(sum));
    }
    labels.back().second = "+Inf";
    add("_bucket", std::to_string(sum));
    labels.pop_back();
    add("_count", std::to_string(sum));
}

Labels PrometheusSink::labels_of(const avocet_type& type, const avocet_value& key) const {
    Labels out;
    if (key.kind == AVOCET_VALUE_NONE) return out;
    if (key.kind != AVOCET_VALUE_TUPLE) return {{"key", text_of(type, key)}};
    for (uint32_t i = 0; i < key.count; ++i)
        out.emplace_back("key" + std::to_string(i),
                         text_of(i < type.member_count ? *type.members[i] : no_type, key.v.items[i]));
    return out;
}

std::string PrometheusSink::text_of(const avocet_type& type, const avocet_value& value) const {
    std::string out;
    auto append = [](void* text, const char* data, size_t size) {
        static_cast<std::string*>(text)->append(data, size);
    };
    if (render_ && render_->value && render_->value(render_->ctx, &type, &value, append, &out) >= AVOCET_OK) return out;
    if (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT) return {value.v.text, value.count};
    return number(value);
}

void PrometheusSink::take_lifecycle(const avocet_batch& batch, uint32_t first) {
    const avocet_schema& of = *batch.schema;
    for (uint32_t row = first; row < batch.row_count; ++row) {
        const avocet_value* values = batch.rows + size_t{row} * of.field_count;
        if (of.field_count < 1 || values[0].kind != AVOCET_VALUE_STRING) continue;
        const std::string_view event(values[0].v.text, values[0].count);
        if (event == "attached" && of.field_count > 1) attached_ = values[1].v.u;
        if (event == "ending") ending_ = true;
    }
}

void PrometheusSink::take_losses(const avocet_batch& batch, uint32_t first) {
    const avocet_schema& of_loss = *batch.schema;
    for (uint32_t row = first; row < batch.row_count; ++row) {
        std::string cause = "unknown";
        uint64_t count = 0;
        for (uint32_t i = 0; i < of_loss.field_count; ++i) {
            const avocet_value& value = batch.rows[size_t{row} * of_loss.field_count + i];
            const std::string_view name = of_loss.fields[i].name;
            if (name == "cause" && value.kind == AVOCET_VALUE_STRING) cause.assign(value.v.text, value.count);
            if (name == "count" && value.kind == AVOCET_VALUE_UINT) count = value.v.u;
        }
        losses_[cause] += count;
    }
}

std::string PrometheusSink::metrics() const {
    std::lock_guard lock(mutex_);
    std::string out = family_head("avocet_records_total", "Records that this sink has taken.", "counter");
    for (size_t kind = 0; kind < records_.size(); ++kind)
        out += "avocet_records_total{kind=\"" + std::string(record_kind_name(static_cast<uint32_t>(kind))) + "\"} " +
               std::to_string(records_[kind]) + "\n";
    if (!losses_.empty()) out += family_head("avocet_lost_total", "Losses that the session has reported.", "counter");
    for (const auto& [cause, count] : losses_)
        out += "avocet_lost_total" + label_text({{"cause", cause}}) + " " + std::to_string(count) + "\n";
    out += family_head("avocet_series_left_out_total", "Series over limit_series.", "counter") +
           "avocet_series_left_out_total " + std::to_string(left_out_) + "\n";
    out += family_head("avocet_start_time_seconds", "When the session began, since 1970.", "gauge") +
           "avocet_start_time_seconds " + std::to_string(started_) + "\n";
    out += family_head("avocet_attached_probes", "Probes that are attached.", "gauge") + "avocet_attached_probes " +
           std::to_string(ending_ ? 0 : attached_) + "\n";
    for (const auto& [map, family] : families_)
        if (!family.samples.empty()) out += family_head(family.name, family.help, family.type) + family.samples;
    return out;
}

}  // namespace avocet::prometheus
