// SPDX-License-Identifier: Apache-2.0
#include "route/computed.hpp"

#include <fmt/format.h>

#include "record/renderer.hpp"

namespace avocet::core {

std::optional<RowValue> RowValue::make(const Operand& operand, const avocet_schema& schema, const Renderer* renderer) {
    Source source = find_source(operand, schema, renderer);
    if (source.kind == Source::missing) return std::nullopt;
    return RowValue(std::move(source), renderer);
}

avocet_value RowValue::of(const avocet_value* row, OwnedBatch& batch) const {
    avocet_value out{};
    const Source& source = chosen(source_, row);
    if (!is_text()) {
        const auto number = number_of(source, row);
        if (!number || *number > INT64_MAX || *number < INT64_MIN) return out;
        out.kind = AVOCET_VALUE_INT;
        out.width = 8;
        out.v.i = static_cast<int64_t>(*number);
        return out;
    }
    std::string text;
    if (source.kind == Source::text) {
        text = source.literal;
    } else if (source.is_number()) {
        const auto number = number_of(source, row);
        if (!number) return out;
        text = fmt::format("{}", *number);
    } else {
        const avocet_value* value = walk(source, row);
        if (!value || value->kind == AVOCET_VALUE_NONE) return out;
        if (renderer_) renderer_->value(*source.type, *value, text);
    }
    out.kind = AVOCET_VALUE_STRING;
    out.count = static_cast<uint32_t>(text.size());
    out.v.text = batch.copy(text);
    return out;
}

}  // namespace avocet::core
