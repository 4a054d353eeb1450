// SPDX-License-Identifier: Apache-2.0
//
// The inside of Renderer, shared by its text and JSON halves. Formats are compiled once for each schema and kept;
// readers on several threads share the lock, and take it once for each batch.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "record/printf_format.hpp"
#include "record/render.hpp"

namespace avocet::core {

struct Renderer::Impl {
    Impl(avocet_host_symbols s, RenderSettings r) : text(s, std::move(r.truncation_trailer)), bpftrace(r.bpftrace) {}

    const PrintfFormat& format(const avocet_schema& schema);
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

    ValueText text;
    bool bpftrace;  // RenderSettings
    std::shared_mutex mutex;
    struct Compiled {
        const char* source;  // guards against a schema of an earlier session at the same address
        std::unique_ptr<PrintfFormat> format;
    };
    std::unordered_map<const avocet_schema*, Compiled> formats;
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
bool has_format(const avocet_schema& schema);
// Quoted, valid UTF-8: invalid bytes become U+FFFD.
void append_json_string(std::string_view text, std::string& out);
void append_series(const avocet_type& type, const avocet_value& value, std::string& out);
void append_series_json(const avocet_value& value, std::string& out);
void append_histogram(const avocet_type& type, const avocet_value& value, std::string& out);

}  // namespace avocet::core
