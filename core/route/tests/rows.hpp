// SPDX-License-Identifier: Apache-2.0
//
// A schema with one field of each kind that conditions and transforms treat apart, and rows of it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "record/batch.hpp"

namespace avocet::core {

inline avocet_type type_of(avocet_value_kind kind, uint8_t width = 0) {
    avocet_type out{};
    out.struct_size = sizeof out;
    out.kind = kind;
    out.width = width;
    out.name = "t";
    return out;
}

inline avocet_value number_value(int64_t number) {
    avocet_value out{};
    out.kind = AVOCET_VALUE_INT;
    out.width = 8;
    out.v.i = number;
    return out;
}
inline avocet_value text_value(const char* text) {
    avocet_value out{};
    out.kind = AVOCET_VALUE_STRING;
    out.count = static_cast<uint32_t>(std::string_view(text).size());
    out.v.text = text;
    return out;
}

// pid (int), comm (string), size (uint), pair (tuple of int and string).
struct EventRows {
    avocet_type number = type_of(AVOCET_VALUE_INT, 8), text = type_of(AVOCET_VALUE_STRING),
                size = type_of(AVOCET_VALUE_UINT, 8), pair = type_of(AVOCET_VALUE_TUPLE);
    std::array<const avocet_type*, 2> members{&number, &text};
    std::array<avocet_field, 4> fields{{{"pid", &number}, {"comm", &text}, {"size", &size}, {"pair", &pair}}};
    avocet_schema schema{};
    std::vector<avocet_value> values;
    std::vector<std::array<avocet_value, 2>> pairs;

    explicit EventRows(avocet_output_kind output = AVOCET_OUTPUT_TABLE, const char* format = "") {
        pair.members = members.data();
        pair.member_count = 2;
        schema.struct_size = sizeof schema;
        schema.kind = AVOCET_RECORD_EVENT;
        schema.output = output;
        schema.field_count = 4;
        schema.fields = fields.data();
        schema.tool = "opens";
        schema.name = "";
        schema.format = format;
        schema.format_size = static_cast<uint32_t>(std::string_view(format).size());
        schema.probe = "tracepoint:x:y";
        pairs.reserve(64);
    }
    const avocet_value* add(int64_t pid, const char* comm, uint64_t bytes, int64_t first = 0, const char* second = "") {
        pairs.push_back({number_value(first), text_value(second)});
        avocet_value size_value = number_value(static_cast<int64_t>(bytes)), pair_value{};
        size_value.kind = AVOCET_VALUE_UINT;
        pair_value.kind = AVOCET_VALUE_TUPLE;
        pair_value.count = 2;
        pair_value.v.items = pairs.back().data();
        for (const auto& value : {number_value(pid), text_value(comm), size_value, pair_value}) values.push_back(value);
        return values.data() + values.size() - 4;
    }
    BatchPtr batch() const {
        auto out = std::make_shared<OwnedBatch>();
        out->batch.schema = &schema;
        out->batch.row_count = static_cast<uint32_t>(values.size() / 4);
        out->batch.rows = out->copy(std::span<const avocet_value>(values));
        return out;
    }
};

}  // namespace avocet::core
