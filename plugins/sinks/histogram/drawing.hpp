// SPDX-License-Identifier: Apache-2.0
//
// Panels one below the other: a histogram as rows (range, bar, count), a time series as columns over time. Pure.
#pragma once

#include <string>
#include <vector>

namespace avocet::histogram {

struct Bar {
    std::string label;  // "[128, 256)" or the local time
    std::string value;  // as digits
    double height = 0;
    bool gap = false;  // a series has no value here
};

struct Panel {
    std::string title;  // "@usecs[bash]"
    bool series = false;
    std::vector<Bar> bars;
};

struct Drawing {
    std::string body;
    unsigned width = 0, height = 0;
};

Drawing draw(const std::vector<Panel>& panels, unsigned width_px);

}  // namespace avocet::histogram
