// SPDX-License-Identifier: Apache-2.0
//
// Run-time messages: `FILE:LINE:FIRST-END: WARNING: TEXT`, then the source line with its underline. What a program
// says itself (errorf, warnf) has no source lines.
#include <algorithm>

#include "avocet/abi/label.h"
#include "record/renderer.hpp"

namespace avocet::core {

namespace {

void append_location(const avocet_value* row, std::string& out) {
    if (row[error_line].v.u == 0) return;
    auto number = [&](ErrorField f) { append_number(row[f].v.u, out); };
    out += text_of(row[error_file]);
    out += ':';
    number(error_line);
    if (row[error_end_line].v.u > row[error_line].v.u) {
        out += '-';
        number(error_end_line);
    } else {
        out += ':';
        number(error_column);
        if (row[error_end_column].v.u > row[error_column].v.u) {
            out += '-';
            number(error_end_column);
        }
    }
    out += ": ";
}

// The line and an underline; a tab is four columns wide.
void append_source(const avocet_value* row, std::string& out) {
    std::string_view line = text_of(row[error_source]);
    uint64_t first = row[error_column].v.u, end = std::max(row[error_end_column].v.u, first + 1);
    if (line.empty() || first == 0) return;
    std::string marks;
    for (size_t i = 0; i < line.size(); ++i) {
        bool inside = i + 1 >= first && i + 1 < end;
        size_t width = line[i] == '\t' ? 4 : 1;
        if (line[i] == '\t')
            out += "    ";
        else
            out += line[i];
        if (i + 1 < end) marks.append(width, inside ? '~' : ' ');
    }
    out += '\n';
    if (row[error_end_line].v.u <= row[error_line].v.u) (out += marks) += '\n';
}

}  // namespace

void Renderer::Impl::error_message(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                   std::string& out) const {
    if (!format) return void(out += text_of(row[error_message_field]));
    if (schema.field_count < error_field_count) return;
    const uint32_t own = std::max<uint32_t>(avocet_own_field_count(&schema), error_field_count);
    format->append({schema.fields + error_field_count, own - error_field_count}, row + error_field_count, text, out);
}

void Renderer::Impl::text_error(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                std::string& out) const {
    if (schema.field_count < error_field_count) return;
    append_location(row, out);
    out += text_of(row[error_severity]) == "warning" ? "WARNING: " : "ERROR: ";
    error_message(schema, format, row, out);
    out += '\n';
    if (format) return;
    append_source(row, out);
    if (text_of(row[error_helper]).empty()) return;
    ((out += "Additional Info - helper: ") += text_of(row[error_helper])) += ", retcode: ";
    append_number(row[error_retcode].v.i, out);
    out += '\n';
}

void Renderer::Impl::json_error(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                std::string& out) const {
    if (schema.field_count < error_field_count) return;
    std::string message;
    error_message(schema, format, row, message);
    out += "{\"type\": ";
    append_json_string(text_of(row[error_kind]), out);
    out += ", \"msg\": ";
    append_json_string(message, out);
    if (std::string_view helper = text_of(row[error_helper]); !helper.empty()) {
        out += ", \"helper\": ";
        append_json_string(helper, out);
        out += ", \"retcode\": ";
        append_number(row[error_retcode].v.i, out);
    }
    if (row[error_line].v.u) {
        out += ", \"filename\": ";
        append_json_string(text_of(row[error_file]), out);
        out += ", \"line\": ";
        append_number(row[error_line].v.u, out);
        out += ", \"col\": ";
        append_number(row[error_column].v.u, out);
    }
    out += "}\n";
}

}  // namespace avocet::core
