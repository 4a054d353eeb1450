// SPDX-License-Identifier: Apache-2.0
//
// Conditions of routes: any bytes are a tree or one error inside the text; a tree is compiled for a schema and asked
// about a row. Link: avocet_route.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "route/filter.hpp"
#include "route/labels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace avocet::core;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)LabelText::check(text);
    ExpressionError error;
    auto expression = parse_expression(text, error);
    if (!expression) {
        if (error.at > size || error.message.empty()) std::abort();
        return 0;
    }
    avocet_type number{}, string{}, tuple{};
    number.kind = AVOCET_VALUE_INT;
    string.kind = AVOCET_VALUE_STRING;
    tuple.kind = AVOCET_VALUE_TUPLE;
    const avocet_type* members[] = {&number, &string};
    tuple.members = members;
    tuple.member_count = 2;
    const avocet_field fields[] = {{"pid", &number}, {"comm", &string}, {"key", &tuple}};
    avocet_schema schema{};
    schema.struct_size = sizeof schema;
    schema.kind = AVOCET_RECORD_EVENT;
    schema.field_count = 3;
    schema.fields = fields;
    avocet_value items[2] = {}, row[3] = {};
    items[0].kind = row[0].kind = AVOCET_VALUE_INT;
    items[1].kind = row[1].kind = AVOCET_VALUE_STRING;
    items[1].v.text = row[1].v.text = "nginx";
    items[1].count = row[1].count = 5;
    row[2].kind = AVOCET_VALUE_TUPLE;
    row[2].v.items = items;
    row[2].count = 2;
    RowFilter filter(*expression, schema, nullptr);
    const bool passes = filter.passes(row);
    if (filter.verdict() == RowFilter::Verdict::none && passes) std::abort();
    if (filter.verdict() == RowFilter::Verdict::all && !passes) std::abort();
    return 0;
}
