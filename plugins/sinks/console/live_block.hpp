// SPDX-License-Identifier: Apache-2.0
//
// The lines at the bottom of a terminal that are redrawn in place: the latest snapshot of each live map, in the order
// in which they first appeared. Pure: makes byte sequences, writes nothing.
//
// Drawing turns automatic wrapping off, so a long line is cut at the right margin and the height of the block is its
// number of lines, whatever the terminal's width. A block higher than the terminal could not be reached by moving the
// cursor up, so only its end is shown (maps are in ascending order: the largest values) below a line that says how many
// are above it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::console {

class LiveBlock {
public:
    bool empty() const { return maps_.empty(); }
    void set(const void* map, std::string text);
    void remove(const void* map);
    // Moves the cursor to the block's first line and clears from there; nothing if nothing is drawn.
    std::string erase();
    // `rows`: height of the terminal, 0 if unknown.
    std::string draw(unsigned rows);

private:
    std::vector<std::pair<const void*, std::string>> maps_;
    unsigned drawn_ = 0;  // lines on the screen now; the cursor is at the start of the line below them
};

}  // namespace avocet::console
