// SPDX-License-Identifier: Apache-2.0
//
// Where an operand of an expression has its value: a constant, a way into the rows of one schema, or what is reckoned
// or chosen from such. Names: see filter.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/record.h"
#include "route/expression.hpp"

namespace avocet::core {

class Renderer;
class RowFilter;

struct Source {
    enum Kind { missing, number, text, field, arithmetic, choice } kind = missing;
    enum Special { none, severity, hist_count } special = none;
    __int128 value = 0;
    std::string literal;
    std::vector<uint32_t> path;  // field: index of the field, then of elements
    const avocet_type* type = nullptr;
    char sign = 0;                               // arithmetic
    std::vector<Source> parts;                   // arithmetic, choice
    std::shared_ptr<const RowFilter> condition;  // choice

    bool of_row() const;     // else every row has the same
    bool is_number() const;  // else a text
};

// `missing` if the schema lacks a field that is named, or if one that is reckoned with is no number.
Source find_source(const Operand& operand, const avocet_schema& schema, const Renderer* renderer);

// The value that a field leads to; null: this row has none there.
const avocet_value* walk(const Source& source, const avocet_value* row);
// Of a source that is a number; nullopt: this row has none, or it cannot be reckoned.
std::optional<__int128> number_of(const Source& source, const avocet_value* row);
// What a choice comes to in this row; any other source itself.
const Source& chosen(const Source& source, const avocet_value* row);

}  // namespace avocet::core
