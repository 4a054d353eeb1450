// SPDX-License-Identifier: Apache-2.0
//
// A heat map for each panel: columns are moments, rows are ranges of values (or keys, for time series), and the colour
// says how much. Colours run from --low to --high of the theme, on a linear or logarithmic scale. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace avocet::heatmap {

struct Cell {
    uint32_t column = 0, row = 0;
    double weight = 0;
    std::string value;  // as digits
};

struct Panel {
    std::string title;
    std::vector<std::string> columns;  // labels, left to right
    std::vector<std::string> rows;     // labels, top to bottom
    std::vector<Cell> cells;           // those that have a value
};

struct Drawing {
    std::string body;
    unsigned width = 0, height = 0;
};

Drawing draw(const std::vector<Panel>& panels, unsigned width_px, bool logarithmic);

}  // namespace avocet::heatmap
