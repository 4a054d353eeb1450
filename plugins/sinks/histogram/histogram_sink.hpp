// SPDX-License-Identifier: Apache-2.0
//
// Keeps the last state of every map of histograms (hist, lhist) and time series, and draws them at the end: one panel
// for each key, in the order in which the map prints. Everything else is let pass. [thread: data]
#pragma once

#include <array>
#include <map>
#include <string>

#include "avocet/picture.hpp"
#include "avocet/sink.hpp"
#include "drawing.hpp"

namespace avocet::histogram {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr, "The picture: SVG, or HTML if the name ends in .html.", nullptr, 0, 0,
           AVOCET_OPTION_REQUIRED),
    option(AVOCET_OPTION_STRING, "title", "Histograms", "Heading of the picture."),
    option(AVOCET_OPTION_STRING, "map", nullptr, "Take this map only, e.g. \"@usecs\"."),
    option(AVOCET_OPTION_INT, "width_px", "1000", "Width of the picture.", "px", 320, 20'000),
    option(AVOCET_OPTION_INT, "limit_keys", "500", "Keys of a map that are drawn; more are counted as lost.", "keys", 1,
           1'000'000),
};

class HistogramSink final : public Sink {
public:
    HistogramSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    uint64_t flush() override { return std::exchange(lost_, 0); }
    uint64_t close() override;

private:
    struct Source {
        std::string name;
        std::vector<Panel> panels;
        uint64_t rows = 0;
    };
    Panel panel_of(const avocet_batch& batch, uint32_t row) const;
    std::string row_text(const avocet_batch& batch, uint32_t row) const;

    Host host_;
    const avocet_host_render* render_;
    std::string instance_, title_, map_;
    unsigned width_px_;
    size_t limit_keys_;
    picture::WholeFile file_;
    std::map<std::string, Source> sources_;  // by the map's name
    uint64_t lost_ = 0;
    bool limit_told_ = false;
};

}  // namespace avocet::histogram
