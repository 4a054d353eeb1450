// SPDX-License-Identifier: Apache-2.0
//
// Histograms over time: every snapshot of a map of hist() or lhist() is a column, with what came since the one before
// (a bucket that has become smaller was cleared: then all of it is new). Time series: their intervals are the columns
// and the keys the rows, as their last state has them. Drawn at the end. Everything else is let pass. [thread: data]
#pragma once

#include <array>
#include <map>
#include <string>

#include "avocet/picture.hpp"
#include "avocet/sink.hpp"
#include "drawing.hpp"

namespace avocet::heatmap {

inline constexpr const char* scale_choices[] = {"linear", "log", nullptr};

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr, "The picture: SVG, or HTML if the name ends in .html.", nullptr, 0, 0,
           AVOCET_OPTION_REQUIRED),
    option(AVOCET_OPTION_STRING, "title", "Heat map", "Heading of the picture."),
    option(AVOCET_OPTION_STRING, "map", nullptr, "Take this map only, e.g. \"@usecs\"."),
    enum_option("scale", scale_choices, "linear", "How counts become colours."),
    option(AVOCET_OPTION_INT, "width_px", "1200", "Width of the picture.", "px", 320, 20'000),
    option(AVOCET_OPTION_INT, "limit_keys", "100", "Keys of a map that are drawn; more are counted as lost.", "keys", 1,
           100'000),
    option(AVOCET_OPTION_INT, "limit_columns", "2000", "Snapshots that are kept; the oldest go first, counted as lost.",
           "columns", 1, 1'000'000),
};

class HeatmapSink final : public Sink {
public:
    HeatmapSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    uint64_t flush() override { return std::exchange(lost_, 0); }
    uint64_t close() override;

private:
    struct Range {
        int64_t low, high;
        uint32_t flags;
        bool operator<(const Range& o) const {
            const bool a = flags & 1, b = o.flags & 1;  // no lower bound comes first
            return a != b ? a : low != o.low ? low < o.low : high < o.high;
        }
    };
    using Counts = std::map<Range, uint64_t>;
    struct Column {
        uint64_t wall_ns;
        Counts counts;
    };
    struct History {
        Counts last;
        std::vector<Column> columns;
    };
    struct Series {
        std::map<int64_t, std::pair<double, std::string>> points;  // start of the interval: value, its digits
    };

    void take_histogram(const std::string& key, const avocet_value& value, uint64_t wall_ns, bool final);
    void take_series(const std::string& map, const std::string& key, const avocet_value& value);
    std::string row_text(const avocet_batch& batch, uint32_t row) const;
    void warn_once(const std::string& what, const char* hint);
    static Panel panel_of(const std::string& title, const History& history);
    static Panel panel_of(const std::string& title, const std::map<std::string, Series>& series);

    Host host_;
    const avocet_host_render* render_;
    std::string instance_, title_, map_;
    bool logarithmic_;
    unsigned width_px_;
    size_t limit_keys_, limit_columns_;
    picture::WholeFile file_;
    std::map<std::string, History> histories_;                     // by map and key
    std::map<std::string, std::map<std::string, Series>> series_;  // by map, then key
    uint64_t lost_ = 0, rows_ = 0;
    bool told_ = false;
};

}  // namespace avocet::heatmap
