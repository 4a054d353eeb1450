// SPDX-License-Identifier: Apache-2.0
//
// Rows as RFC 4180: fields separated by commas, lines ended by CR LF, quotes where a field holds a comma, a quote or a
// line break.
//
//   time,kind,name,<the record's fields>
//
// `time` is RFC 3339 in UTC, `name` that of the map, else the probe. Tuples and structures are flattened (`key.0`,
// `value.total`). A histogram and a time series have one line for each bucket (`value.low`, `value.high`,
// `value.count`; open ends are empty) or interval (`value.time`, `value`). Labels are columns as any other. Every
// schema has a header of its own.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "avocet/abi/record.h"

namespace avocet::file {

void append_csv_field(std::string_view text, std::string& out);
// End of the last whole line of a CSV text; a torn line may hold quoted line breaks.
size_t whole_csv_lines(std::string_view text);

class Csv {
public:
    explicit Csv(const avocet_host_render* render) : render_(render) {}
    // The header line of a schema. Stays where it is: compare by address.
    const std::string* header(const avocet_schema& schema);
    void row(const avocet_batch& batch, uint32_t row, std::string& out) const;

private:
    void cells(const avocet_type& type, const avocet_value& value, std::string& line) const;
    void cell(const avocet_type& type, const avocet_value& value, std::string& out) const;

    const avocet_host_render* render_;
    std::unordered_map<const avocet_schema*, std::string> headers_;
};

}  // namespace avocet::file
