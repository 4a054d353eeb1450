// SPDX-License-Identifier: Apache-2.0
//
// Collects stacks: of maps keyed by a stack (alone or in a tuple) with their numbers, and of events that carry one,
// counted. Files are written at the end. Rows without a stack are not this sink's and are let pass. [thread: data]
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "avocet/picture.hpp"
#include "avocet/sink.hpp"
#include "stacks.hpp"

namespace avocet::flamegraph {

inline constexpr const char* snapshot_choices[] = {"last", "sum", nullptr};

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr,
           "The graph, with zoom and search: SVG, or HTML if the name ends in .html."),
    option(AVOCET_OPTION_PATH, "folded_path", nullptr, "Text file: one stack and its count on each line."),
    option(AVOCET_OPTION_PATH, "base_path", nullptr,
           "Folded text of another run: the graph shows what has grown (red) and shrunk (blue) since."),
    option(AVOCET_OPTION_STRING, "title", "Flame graph", "Heading of the graph."),
    option(AVOCET_OPTION_STRING, "map", nullptr, "Take this map only, e.g. \"@stacks\"."),
    enum_option("snapshots", snapshot_choices, "last",
                "Of a map that is printed more than once: its last state, or the sum (for maps that are cleared)."),
    option(AVOCET_OPTION_INT, "width_px", "1200", "Width of the graph.", "px", 200, 20'000),
    option(AVOCET_OPTION_INT, "limit_stacks", "200000", "Different stacks that are kept; more are counted as lost.",
           "stacks", 1, 100'000'000),
};

class FlamegraphSink final : public Sink {
public:
    FlamegraphSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    uint64_t flush() override;
    uint64_t close() override;

private:
    struct Source {
        Folded stacks;
        uint64_t rows = 0;
    };
    bool wanted(const avocet_schema& schema_of_batch) const;
    void take_map_row(const avocet_batch& batch, uint32_t row, Source& source);
    void take_event_row(const avocet_batch& batch, uint32_t row, Source& source);
    void add(Source& source, std::string stack, uint64_t count);
    // Root first: what is no stack, then user frames, then kernel frames. Empty: there is no stack in it.
    std::string fold(const avocet_type& type, const avocet_value& value) const;
    std::string fold_frames(const avocet_value& stack) const;
    std::string text_of(const avocet_type& type, const avocet_value& value) const;

    Host host_;
    const avocet_host_render* render_;
    const avocet_host_symbols* symbols_;
    std::string instance_, title_, map_;
    bool sum_;
    unsigned width_px_;
    size_t limit_;
    std::optional<picture::WholeFile> svg_, folded_;
    std::optional<Folded> base_;
    std::map<const avocet_schema*, Source> sources_;
    size_t distinct_ = 0;
    uint64_t lost_ = 0;
    bool limit_told_ = false;
};

}  // namespace avocet::flamegraph
