// SPDX-License-Identifier: Apache-2.0
//
// What the live screen shows, as lines: a head, the maps by name one below the other, and the last lines of text under
// them. Pure: it is told records and keys, and makes a frame of a given size.
//
// A map of numbers is a table: value, bar, key. A time series is a line of blocks with its last value. A histogram, and
// whatever else has several lines, is shown as the language prints it. Sorting is by value (descending, ascending) or
// key; the sort is stable, so that equal rows do not dance.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/record.h"
#include "terminal.hpp"

namespace avocet::console {

struct TopRow {
    std::string key, value;          // of a table's line
    std::vector<std::string> lines;  // instead, if the row has a picture of its own
    double weight = 0;               // what it is sorted by
};

class TopView {
public:
    enum class Sort { descending, ascending, key };

    void set(const void* map, const std::string& name, std::vector<TopRow> rows);
    void remove(const void* map);
    void text(std::string_view bytes);  // printf output and messages: complete lines are kept, the last few hundred
    // Keys as a terminal sends them. true: the user wants to quit.
    bool keys(std::string_view bytes);

    // Exactly size.rows lines, none longer than size.columns cells. `title`: left in the head.
    std::vector<std::string> frame(ScreenSize size, std::string_view title);
    Sort sort() const { return sort_; }

private:
    struct Map {
        const void* id;
        std::string name;
        std::vector<TopRow> rows;
    };
    void key(std::string_view name);
    std::vector<std::string> body(unsigned columns) const;
    void table(const Map& map, unsigned columns, std::vector<std::string>& out) const;
    std::vector<const TopRow*> sorted(const Map& map) const;

    std::vector<Map> maps_;
    std::deque<std::string> text_;
    std::string unfinished_;  // text without its newline
    std::string pending_;     // of an escape sequence
    Sort sort_ = Sort::descending;
    size_t offset_ = 0, page_ = 1, last_offset_ = 0;
    bool quit_ = false;
};

// The first `cells` cells of UTF-8 text; control characters become spaces.
std::string cut_to_cells(std::string_view text, unsigned cells);
unsigned cell_count(std::string_view text);
// Blocks of eight heights for values from smallest to largest; `gap[i]`: there is no value.
std::string sparkline(const std::vector<double>& values, const std::vector<bool>& gap);
// A row of a map: how it is shown and sorted. `text`: the row as the language prints it.
TopRow top_row(const avocet_schema& schema, const avocet_value* row, std::string_view text);

}  // namespace avocet::console
