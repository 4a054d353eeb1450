// SPDX-License-Identifier: Apache-2.0
#include "live_block.hpp"

#include <algorithm>

namespace avocet::console {

namespace {

// Control sequences of ECMA-48 (CUP family) and DECAWM, known to every terminal in use.
constexpr std::string_view clear_below = "\x1b[J", wrap_off = "\x1b[?7l", wrap_on = "\x1b[?7h";
constexpr unsigned assumed_rows = 24;

std::string tail_lines(const std::string& text, size_t lines, size_t keep) {
    size_t start = 0;
    for (size_t skipped = 0; skipped < lines - keep; ++skipped) start = text.find('\n', start) + 1;
    return "... " + std::to_string(lines - keep) + " more lines above\n" + text.substr(start);
}

}  // namespace

void LiveBlock::set(const void* map, std::string text) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    auto known = std::find_if(maps_.begin(), maps_.end(), [&](auto& entry) { return entry.first == map; });
    if (known == maps_.end())
        maps_.emplace_back(map, std::move(text));
    else
        known->second = std::move(text);
}

void LiveBlock::remove(const void* map) {
    std::erase_if(maps_, [&](auto& entry) { return entry.first == map; });
}

std::string LiveBlock::erase() {
    if (!drawn_) return {};
    std::string out = "\r\x1b[" + std::to_string(std::exchange(drawn_, 0)) + "A";
    return out += clear_below;
}

std::string LiveBlock::draw(unsigned rows) {
    std::string text;
    for (auto& [map, snapshot] : maps_) text += snapshot;
    auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    size_t room = std::max(rows ? rows : assumed_rows, 3u) - 1;  // the cursor's own line
    if (lines > room) {
        text = tail_lines(text, lines, room - 1);
        lines = room;
    }
    drawn_ = static_cast<unsigned>(lines);
    if (text.empty()) return text;
    return std::string(wrap_off) + text + std::string(wrap_on);
}

}  // namespace avocet::console
