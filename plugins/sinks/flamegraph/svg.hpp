// SPDX-License-Identifier: Apache-2.0
//
// A tree of stacks as one self-contained SVG: no other file, no network, works in any browser. Each frame is a <g
// class="f"> with its place in counts (data-x, data-w) and depth (data-d), from which the script inside lays it out
// anew when a frame is clicked; the root is at the bottom, and below it what the frame under the pointer is. All text
// from outside is escaped.
#pragma once

#include <string>

#include "stacks.hpp"

namespace avocet::flamegraph {

struct Look {
    std::string title, unit;  // unit of the counts: "samples"
    unsigned width_px = 1200;
    // Colours say how a frame's share of all samples has changed since another run: red has grown, blue has shrunk.
    // Widths are those of this run; what is no longer there is only counted, below the heading.
    bool difference = false;
};

std::string svg_of(const Node& root, const Look& look);

}  // namespace avocet::flamegraph
