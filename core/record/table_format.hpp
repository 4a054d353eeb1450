// SPDX-License-Identifier: Apache-2.0
//
// The text of a table's row: a format of printf's kind with one specifier for each column, C's conversions and, in
// braces, the unit that a time is shown in: "%-18.9{s}f %-16s %6d". A time without it is shown in seconds by %f.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/value_text.hpp"

namespace avocet::core {

class TableFormat {
public:
    explicit TableFormat(std::string_view format);
    void append(std::span<const avocet_field> fields, const avocet_value* values, const ValueText& text,
                std::string& out) const;

private:
    struct Spec {
        std::string before, flags;  // literal text in front; of "-+ 0#"
        int width = 0, precision = -1;
        std::string unit;
        char conversion = 's';
    };
    static void append_spec(const Spec& spec, const avocet_type& type, const avocet_value& value, const ValueText& text,
                            std::string& out);
    std::vector<Spec> specs_;
    std::string after_;
};

// One specifier with nothing around it, as a sidecar gives it: "%-16s". Empty: right; else what is wrong.
std::string column_format_error(std::string_view format);

}  // namespace avocet::core
