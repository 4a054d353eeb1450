// SPDX-License-Identifier: Apache-2.0
//
// The inside of Renderer, shared by text, bpftrace's JSON and records. Formats are compiled once for each schema and
// kept; readers on several threads share the lock, and take it once for each batch.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "record/printf_format.hpp"
#include "record/render.hpp"
#include "record/table_format.hpp"

namespace avocet::core {

struct Renderer::Impl {
    Impl(avocet_host_symbols s, RenderSettings r) : text(s, std::move(r.truncation_trailer)), bpftrace(r.bpftrace) {}

    const PrintfFormat& format(const avocet_schema& schema);
    const TableFormat& table(const avocet_schema& schema);
    void table_rows(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out);
    // Text of one event or error row without anything a text stream adds to it.
    void event_body(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                    std::string& out) const;
    void error_message(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                       std::string& out) const;

    void text_event(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                    std::string& out) const;
    void text_map_row(const avocet_schema& schema, const avocet_value* row, std::string& out) const;
    void text_error(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                    std::string& out) const;

    void json_event(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                    std::string& out) const;
    void json_map(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const;
    void json_error(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                    std::string& out) const;
    void json_value(const avocet_type& type, const avocet_value& value, std::string& out) const;

    // render_records.cpp
    void record_head(const avocet_batch& batch, uint32_t row, std::string& out) const;
    void record_event(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                      std::string& out) const;
    void record_map(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const;
    void record_error(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                      std::string& out) const;
    void record_fields(const avocet_schema& schema, const avocet_value* row, uint32_t first, uint32_t end,
                       std::string& out) const;
    void record_labels(const avocet_schema& schema, const avocet_value* row, std::string& out) const;
    void record_value(const avocet_type& type, const avocet_value& value, std::string& out) const;
    void record_string(const avocet_value& value, std::string& out) const;
    void record_stack(const avocet_value& value, std::string& out) const;
    void record_frame(const avocet_frame& frame, std::string& out) const;

    ValueText text;
    bool bpftrace;  // RenderSettings
    std::shared_mutex mutex;
    struct Compiled {
        const char* source;  // guards against a schema of an earlier session at the same address
        std::unique_ptr<PrintfFormat> format;
    };
    std::unordered_map<const avocet_schema*, Compiled> formats;
    std::unordered_map<const avocet_schema*, std::pair<const char*, std::unique_ptr<TableFormat>>> tables;
};

// Fields of an error record, in order; arguments of a format follow.
enum ErrorField : uint32_t {
    error_message_field,
    error_severity,
    error_file,
    error_line,
    error_column,
    error_end_line,
    error_end_column,
    error_kind,
    error_helper,
    error_retcode,
    error_source,
    error_probe,
    error_field_count
};

std::string_view text_of(const avocet_value& value);
bool is_scalar_map(const avocet_schema& schema);
bool is_heading(const avocet_schema& schema);
bool has_format(const avocet_schema& schema);
// Quoted, valid UTF-8: invalid bytes become U+FFFD.
void append_json_string(std::string_view text, std::string& out);
// Numbers that a double cannot hold exactly are strings, so that no reader loses digits.
void append_json_number(int64_t number, std::string& out);
void append_json_number(uint64_t number, std::string& out);
void append_series(const avocet_type& type, const avocet_value& value, std::string& out);
void append_series_json(const avocet_value& value, std::string& out);
void append_histogram(const avocet_type& type, const avocet_value& value, std::string& out);
// In BCC's own text (`style = "bcc"` of a sidecar's map), which has its name above the bars.
bool is_bcc_style(const avocet_type& type);
void append_bcc_histogram(const avocet_type& type, const avocet_value& value, std::string& out);

}  // namespace avocet::core
