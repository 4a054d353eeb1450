// SPDX-License-Identifier: Apache-2.0
//
// A tree of stacks as one self-contained SVG: no other file, no network, works in any browser. Each frame is a <g
// class="f"> with its place in counts (data-x, data-w) and depth (data-d), from which the script inside lays it out
// anew when a frame is clicked; the root is at the bottom. All text from outside is escaped.
#pragma once

#include <string>

#include "stacks.hpp"

namespace avocet::flamegraph {

struct Look {
    std::string title, unit;  // unit of the counts: "samples"
    unsigned width_px = 1200;
};

std::string svg_of(const Node& root, const Look& look);
// As text or attribute of XML 1.0: valid UTF-8, no control characters, no markup.
std::string xml_text(std::string_view text);

}  // namespace avocet::flamegraph
