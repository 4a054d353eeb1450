// SPDX-License-Identifier: Apache-2.0
#include "histogram_sink.hpp"

#include <ctime>

namespace avocet::histogram {

namespace {

constexpr uint32_t no_low = 1, no_high = 2, no_value = 4, is_signed = 8;

bool is_drawn(const avocet_value& value) {
    return value.kind == AVOCET_VALUE_HIST || value.kind == AVOCET_VALUE_SERIES;
}

std::string range_text(const avocet_bucket& b) {
    const std::string low = std::to_string(b.low), high = std::to_string(b.high);
    if (b.flags & no_low) return "(..., " + high + ")";
    if (b.flags & no_high) return "[" + low + ", ...)";
    return b.high == b.low + 1 ? "[" + low + "]" : "[" + low + ", " + high + ")";
}

std::string clock_text(int64_t wall_ns, bool fraction) {
    const std::time_t seconds = wall_ns / 1'000'000'000;
    std::tm parts{};
    localtime_r(&seconds, &parts);
    char text[16];
    std::string out(text, std::strftime(text, sizeof text, "%H:%M:%S", &parts));
    if (!fraction) return out;
    const std::string ms = std::to_string(wall_ns % 1'000'000'000 / 1'000'000);
    return out + "." + std::string(3 - ms.size(), '0') + ms;
}

}  // namespace

HistogramSink::HistogramSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      instance_(options.instance()),
      title_(options.text("title")),
      map_(options.is_set("map") ? options.text("map") : ""),
      width_px_(static_cast<unsigned>(options.integer("width_px"))),
      limit_keys_(static_cast<size_t>(options.integer("limit_keys"))),
      file_(options.text("path")) {
    if (!render_)
        throw Error(AVOCET_ERR_ABI,
                    "sink '" + instance_ + "': this host cannot render records (no " AVOCET_HOST_RENDER_1 ")");
}

uint32_t HistogramSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    const avocet_schema& of = *batch.schema;
    taken = batch.row_count - first;
    if (of.kind != AVOCET_RECORD_MAP || of.field_count < 2 || (!map_.empty() && map_ != of.name)) return taken;
    Source& source = sources_[of.name];
    if (first == 0) source = {of.name, {}, 0};
    for (uint32_t row = first; row < batch.row_count; ++row) {
        if (!is_drawn(batch.rows[size_t{row} * of.field_count + 1])) continue;
        if (source.panels.size() >= limit_keys_) {
            ++lost_;
            if (!std::exchange(limit_told_, true))
                host_.warn("sink '" + instance_ + "': map '" + source.name + "' has more than " +
                               std::to_string(limit_keys_) + " keys",
                           "limit_keys sets how many are drawn; the others are counted as lost");
            continue;
        }
        source.panels.push_back(panel_of(batch, row));
        ++source.rows;
    }
    return taken;
}

// "@usecs[bash]" of "@usecs[bash]:\n...".
std::string HistogramSink::row_text(const avocet_batch& batch, uint32_t row) const {
    std::string text;
    auto append = [](void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); };
    if (render_->text(render_->ctx, &batch, row, 1, append, &text) < AVOCET_OK) return batch.schema->name;
    return text.substr(0, std::min(text.find(":\n"), text.size()));
}

Panel HistogramSink::panel_of(const avocet_batch& batch, uint32_t row) const {
    const avocet_value& value = batch.rows[size_t{row} * batch.schema->field_count + 1];
    const bool fraction = batch.schema->fields[1].type->hist_step % 1'000'000'000;  // of a series: its interval
    Panel panel{row_text(batch, row), value.kind == AVOCET_VALUE_SERIES, {}};
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        const bool negative = panel.series && b.flags & is_signed;
        const auto number = static_cast<int64_t>(b.count);
        panel.bars.push_back({panel.series ? clock_text(b.low, fraction) : range_text(b),
                              negative ? std::to_string(number) : std::to_string(b.count),
                              negative ? static_cast<double>(number) : static_cast<double>(b.count),
                              panel.series && b.flags & no_value});
    }
    return panel;
}

uint64_t HistogramSink::close() {
    std::vector<Panel> panels;
    uint64_t rows = 0;
    for (auto& [name, source] : sources_) {
        rows += source.rows;
        panels.insert(panels.end(), source.panels.begin(), source.panels.end());
    }
    if (panels.empty())
        host_.warn("sink '" + instance_ + "': no histogram came",
                   "it takes maps of hist(), lhist() and tseries(), e.g. @[comm] = hist(nsecs - @start[tid])");
    try {
        const Drawing drawing = draw(panels, width_px_);
        file_.write(picture::document(file_.path(), drawing.width, drawing.height, title_, drawing.body));
    } catch (const Error& e) {
        host_.report(e);
        lost_ += rows;
    }
    return std::exchange(lost_, 0);
}

}  // namespace avocet::histogram
