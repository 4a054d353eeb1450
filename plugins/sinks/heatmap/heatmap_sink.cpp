// SPDX-License-Identifier: Apache-2.0
#include "heatmap_sink.hpp"

#include <ctime>
#include <set>

namespace avocet::heatmap {

namespace {

constexpr uint32_t no_low = 1, no_high = 2, no_value = 4, is_signed = 8;
constexpr int64_t second = 1'000'000'000;

std::string clock_text(int64_t wall_ns, bool fraction) {
    const std::time_t seconds = wall_ns / second;
    std::tm parts{};
    localtime_r(&seconds, &parts);
    char text[16];
    std::string out(text, std::strftime(text, sizeof text, "%H:%M:%S", &parts));
    if (fraction) {
        std::string ms = std::to_string(wall_ns % second / 1'000'000);
        out += "." + std::string(3 - ms.size(), '0') + ms;
    }
    return out;
}

// "a" of "@load[a]"; of a map without keys, its name.
std::string key_of(const std::string& map, const std::string& text) {
    const bool keyed = text.size() > map.size() + 2 && text.compare(0, map.size() + 1, map + "[") == 0;
    return keyed ? text.substr(map.size() + 1, text.size() - map.size() - 2) : text;
}

// Fractions only where two columns would have the same name.
std::vector<std::string> clock_texts(const std::vector<int64_t>& times) {
    bool fraction = false;
    for (size_t i = 1; i < times.size(); ++i) fraction = fraction || times[i] / second == times[i - 1] / second;
    std::vector<std::string> out;
    for (int64_t time : times) out.push_back(clock_text(time, fraction));
    return out;
}

}  // namespace

HeatmapSink::HeatmapSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      instance_(options.instance()),
      title_(options.text("title")),
      map_(options.is_set("map") ? options.text("map") : ""),
      logarithmic_(options.text("scale") == "log"),
      width_px_(static_cast<unsigned>(options.integer("width_px"))),
      limit_keys_(static_cast<size_t>(options.integer("limit_keys"))),
      limit_columns_(static_cast<size_t>(options.integer("limit_columns"))),
      file_(options.text("path")) {
    if (!render_)
        throw Error(AVOCET_ERR_ABI,
                    "sink '" + instance_ + "': this host cannot render records (no " AVOCET_HOST_RENDER_1 ")");
}

uint32_t HeatmapSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    const avocet_schema& of = *batch.schema;
    taken = batch.row_count - first;
    if (of.kind != AVOCET_RECORD_MAP || of.field_count < 2 || (!map_.empty() && map_ != of.name)) return taken;
    for (uint32_t row = first; row < batch.row_count; ++row) {
        const avocet_value& value = batch.rows[size_t{row} * of.field_count + 1];
        const bool final = batch.flags & AVOCET_BATCH_FINAL;
        if (value.kind == AVOCET_VALUE_HIST) take_histogram(row_text(batch, row), value, batch.wall_ns, final);
        if (value.kind == AVOCET_VALUE_SERIES) take_series(of.name, key_of(of.name, row_text(batch, row)), value);
    }
    return taken;
}

std::string HeatmapSink::row_text(const avocet_batch& batch, uint32_t row) const {
    std::string text;
    auto append = [](void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); };
    if (render_->text(render_->ctx, &batch, row, 1, append, &text) < AVOCET_OK) return batch.schema->name;
    return text.substr(0, std::min(text.find(":\n"), text.size()));
}

void HeatmapSink::warn_once(const std::string& what, const char* hint) {
    ++lost_;
    if (!std::exchange(told_, true)) host_.warn("sink '" + instance_ + "': " + what, hint);
}

void HeatmapSink::take_histogram(const std::string& key, const avocet_value& value, uint64_t wall_ns, bool final) {
    if (histories_.size() >= limit_keys_ && !histories_.count(key))
        return warn_once("more than " + std::to_string(limit_keys_) + " keys",
                         "limit_keys sets how many are drawn; the others are counted as lost");
    History& history = histories_[key];
    Counts now, fresh;
    bool cleared = false;
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        if (b.count) now[{b.low, b.high, b.flags & (no_low | no_high)}] = b.count;
    }
    for (const auto& [range, count] : history.last) {
        const auto found = now.find(range);
        cleared = cleared || found == now.end() || found->second < count;
    }
    for (const auto& [range, count] : now) {
        const auto before = cleared ? history.last.end() : history.last.find(range);
        const uint64_t added = count - (before == history.last.end() ? 0 : before->second);
        if (added) fresh[range] = added;
    }
    history.last = std::move(now);
    ++rows_;
    if (final && fresh.empty()) return;  // the print at the end, right after another
    if (history.columns.size() >= limit_columns_) {
        warn_once("more than " + std::to_string(limit_columns_) + " snapshots of '" + key + "'",
                  "limit_columns sets how many are kept; the oldest are counted as lost");
        history.columns.erase(history.columns.begin());
    }
    history.columns.push_back({wall_ns, std::move(fresh)});
}

void HeatmapSink::take_series(const std::string& map, const std::string& key, const avocet_value& value) {
    auto& keys = series_[map];
    if (keys.size() >= limit_keys_ && !keys.count(key))
        return warn_once("map '" + map + "' has more than " + std::to_string(limit_keys_) + " keys",
                         "limit_keys sets how many are drawn; the others are counted as lost");
    Series& series = keys[key];
    ++rows_;
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        if (b.flags & no_value) continue;
        const bool negative = b.flags & is_signed;
        const auto number = static_cast<int64_t>(b.count);
        series.points[b.low] = {negative ? static_cast<double>(number) : static_cast<double>(b.count),
                                negative ? std::to_string(number) : std::to_string(b.count)};
    }
    while (series.points.size() > limit_columns_) series.points.erase(series.points.begin());
}

Panel HeatmapSink::panel_of(const std::string& title, const History& history) {
    std::set<Range> ranges;
    for (const auto& column : history.columns)
        for (const auto& [range, count] : column.counts) ranges.insert(range);
    Panel panel{title, {}, {}, {}};
    std::map<Range, uint32_t> row_of;
    for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {  // large values at the top
        row_of[*range] = static_cast<uint32_t>(panel.rows.size());
        const std::string low = std::to_string(range->low), high = std::to_string(range->high);
        panel.rows.push_back(range->flags & no_low           ? "(..., " + high + ")"
                             : range->flags & no_high        ? "[" + low + ", ...)"
                             : range->high == range->low + 1 ? "[" + low + "]"
                                                             : "[" + low + ", " + high + ")");
    }
    std::vector<int64_t> times;
    for (const auto& column : history.columns) {
        for (const auto& [range, count] : column.counts)
            panel.cells.push_back({static_cast<uint32_t>(times.size()), row_of[range], static_cast<double>(count),
                                   std::to_string(count)});
        times.push_back(static_cast<int64_t>(column.wall_ns));
    }
    panel.columns = clock_texts(times);
    return panel;
}

Panel HeatmapSink::panel_of(const std::string& title, const std::map<std::string, Series>& keys) {
    std::set<int64_t> times;
    for (const auto& [key, series] : keys)
        for (const auto& [time, point] : series.points) times.insert(time);
    Panel panel{title, clock_texts({times.begin(), times.end()}), {}, {}};
    std::map<int64_t, uint32_t> column_of;
    for (int64_t time : times) column_of.emplace(time, static_cast<uint32_t>(column_of.size()));
    for (const auto& [key, series] : keys) {
        for (const auto& [time, point] : series.points)
            panel.cells.push_back(
                {column_of[time], static_cast<uint32_t>(panel.rows.size()), point.first, point.second});
        panel.rows.push_back(key);
    }
    return panel;
}

uint64_t HeatmapSink::close() {
    std::vector<Panel> panels;
    for (const auto& [key, history] : histories_) panels.push_back(panel_of(key, history));
    for (const auto& [map, keys] : series_) panels.push_back(panel_of(map, keys));
    if (panels.empty())
        host_.warn("sink '" + instance_ + "': no histogram came",
                   "it takes maps of hist() and lhist() that are printed again and again, and of tseries()");
    try {
        const Drawing drawing = draw(panels, width_px_, logarithmic_);
        file_.write(picture::document(file_.path(), drawing.width, drawing.height, title_, drawing.body));
    } catch (const Error& e) {
        host_.report(e);
        lost_ += rows_;
    }
    return std::exchange(lost_, 0);
}

}  // namespace avocet::heatmap
