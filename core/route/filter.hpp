// SPDX-License-Identifier: Apache-2.0
//
// A route's condition against the rows of one schema: names are looked up once, when the schema is first seen, and what
// the schema alone decides is decided then.
//
// Names: `kind` `tool` `probe` `map` (its name; empty for what is no map) `severity` ("info", "warning", "error") and
// every field of the record; of maps `key` and `value`. Elements of tuples and arrays by number (`key.0`), of
// structures by name, of stats `count`, `average`, `total`, of histograms `count`. A field wins over a word of the same
// name. A name that the schema does not have makes its comparison false.
//
// Numbers compare with numbers, everything else as the text that a terminal would show.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/record.h"
#include "record/render.hpp"
#include "route/expression.hpp"

namespace re2 {
class RE2;
}

namespace avocet::core {

// Of a row: what an error record says itself; losses of records are warnings, everything else is "info".
std::string_view severity_of(const avocet_schema& schema, const avocet_value* row);

// Whether rows of the schema have what an operand of that path names.
bool has_name(const std::vector<std::string>& path, const avocet_schema& schema);

class RowFilter {
public:
    enum class Verdict { none, some, all };  // what the schema alone says of its rows

    // `renderer` shows values that are no plain text; without one they compare as empty. The schema must outlive it.
    RowFilter(const Expression& expression, const avocet_schema& schema, const Renderer* renderer);
    ~RowFilter();
    RowFilter(RowFilter&&) noexcept;

    Verdict verdict() const;
    bool passes(const avocet_value* row) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace avocet::core
