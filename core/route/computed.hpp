// SPDX-License-Identifier: Apache-2.0
//
// A value that is reckoned from the fields of a row: `end - start`, `write ? "W" : "R"`.
#pragma once

#include <optional>
#include <string>

#include "avocet/abi/record.h"
#include "record/batch.hpp"
#include "route/expression.hpp"
#include "route/source.hpp"

namespace avocet::core {

class RowValue {
public:
    // nullopt: the schema lacks what the value is made of. It and the renderer must outlive the value.
    static std::optional<RowValue> make(const Operand& operand, const avocet_schema& schema, const Renderer* renderer);

    bool is_text() const { return !source_.is_number(); }
    // A signed number of 64 bits or a text, which `batch` keeps; AVOCET_VALUE_NONE: this row has none.
    avocet_value of(const avocet_value* row, OwnedBatch& batch) const;

private:
    RowValue(Source source, const Renderer* renderer) : source_(std::move(source)), renderer_(renderer) {}
    Source source_;
    const Renderer* renderer_;
};

}  // namespace avocet::core
