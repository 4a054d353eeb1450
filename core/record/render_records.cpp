// SPDX-License-Identifier: Apache-2.0
//
// Records as JSON with all they carry (sdk/docs/records.schema.json): nothing is text that was a number, and keys that
// differ look different. No spaces: this is for programs.
#include <time.h>

#include <array>
#include <cstdio>

#include "avocet/abi/label.h"
#include "avocet/error.hpp"
#include "avocet/record.hpp"
#include "record/renderer.hpp"
#include "record/report.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t no_low = 1, no_high = 2, no_value = 4, is_signed = 8;
const avocet_type no_type{};

// `,"name":`; the object is never empty before it.
void member(std::string_view name, std::string& out) {
    out += ',';
    append_json_string(name, out);
    out += ':';
}

void text_member(std::string_view name, std::string_view text, std::string& out) {
    if (text.empty()) return;
    member(name, out);
    append_json_string(text, out);
}

// RFC 3339, UTC, nanoseconds. The second rarely changes from row to row.
void append_time(uint64_t wall_ns, std::string& out) {
    static thread_local time_t last = -1;
    static thread_local std::array<char, 32> text;
    const auto seconds = static_cast<time_t>(wall_ns / 1'000'000'000);
    if (seconds != last) {
        tm parts{};
        gmtime_r(&seconds, &parts);
        strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
        last = seconds;
    }
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%09luZ", static_cast<unsigned long>(wall_ns % 1'000'000'000));
    ((out += '"') += text.data()) += fraction.data();
    out += '"';
}

void append_address(uint64_t address, std::string& out) {
    out += "\"0x";
    append_hex(address, out);
    out += '"';
}

std::string_view output_name(const avocet_schema& schema) {
    switch (schema.output) {
        case AVOCET_OUTPUT_PRINTF: return "printf";
        case AVOCET_OUTPUT_VALUE: return "value";
        case AVOCET_OUTPUT_TIME: return "time";
        case AVOCET_OUTPUT_JOIN: return "join";
        case AVOCET_OUTPUT_CAT: return "cat";
        case AVOCET_OUTPUT_SYSTEM: return "system";
        case AVOCET_OUTPUT_TABLE: return "table";
        default: return is_report(schema) ? "report" : "other";
    }
}

std::string_view map_type(const avocet_type& type, const avocet_value& sample) {
    if (sample.kind == AVOCET_VALUE_HIST) return type.hist_step > 0 ? "lhist" : "hist";
    if (sample.kind == AVOCET_VALUE_SERIES) return "tseries";
    if (sample.kind == AVOCET_VALUE_STATS) return "stats";
    return sample.flags & AVOCET_VALUE_AVERAGE ? "average" : "value";
}

void append_buckets(const avocet_value& value, std::string& out) {
    out += '[';
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        out += i ? ",{\"count\":" : "{\"count\":";
        append_number(b.count, out);
        if (!(b.flags & no_low)) append_json_number(b.low, out += ",\"low\":");
        if (!(b.flags & no_high)) append_json_number(b.high, out += ",\"high\":");
        out += '}';
    }
    out += ']';
}

void append_intervals(const avocet_value& value, std::string& out) {
    out += '[';
    bool some = false;
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        if (b.flags & no_value) continue;
        out += std::exchange(some, true) ? ",{\"time\":" : "{\"time\":";
        append_time(static_cast<uint64_t>(b.low), out);
        out += ",\"value\":";
        if (b.flags & is_signed)
            append_json_number(static_cast<int64_t>(b.count), out);
        else
            append_json_number(b.count, out);
        out += '}';
    }
    out += ']';
}

}  // namespace

void Renderer::Impl::record_frame(const avocet_frame& frame, std::string& out) const {
    out += "{\"address\":";
    append_address(frame.address, out);
    avocet_symbol symbol{};
    if (text.resolve(frame, symbol)) {
        text_member("symbol", avocet::view(symbol.name), out);
        member("offset", out);
        append_json_number(symbol.offset, out);
    }
    text_member("module", avocet::view(symbol.module), out);
    if (frame.pid) append_number(uint64_t{frame.pid}, out += ",\"pid\":");
    out += '}';
}

void Renderer::Impl::record_stack(const avocet_value& value, std::string& out) const {
    out += "{\"frames\":[";
    for (uint32_t i = 0; i < value.count; ++i) {
        if (i) out += ',';
        record_frame(value.v.frames[i], out);
    }
    out += value.flags & AVOCET_VALUE_TRUNCATED ? "],\"truncated\":true}" : "]}";
}

// What cannot be told from a whole value must not look like one.
void Renderer::Impl::record_string(const avocet_value& value, std::string& out) const {
    const bool cut = value.flags & AVOCET_VALUE_TRUNCATED;
    if (cut) out += "{\"text\":";
    append_json_string(text_of(value), out);
    if (cut) out += ",\"truncated\":true}";
}

void Renderer::Impl::record_value(const avocet_type& type, const avocet_value& value, std::string& out) const {
    const auto list = [&] {
        out += '[';
        for (uint32_t i = 0; i < value.count; ++i) {
            const uint32_t at = type.kind == AVOCET_VALUE_ARRAY ? 0 : i;
            if (i) out += ',';
            record_value(at < type.member_count ? *type.members[at] : no_type, value.v.items[i], out);
        }
        out += ']';
    };
    const auto object = [&](auto&& name) {
        for (uint32_t i = 0; i < value.count; ++i) {
            out += i ? ',' : '{';
            append_json_string(name(i), out);
            out += ':';
            record_value(i < type.member_count ? *type.members[i] : no_type, value.v.items[i], out);
        }
        out += value.count ? "}" : "{}";
    };
    if (value.flags & AVOCET_VALUE_UNREADABLE) return void(out += "null");
    switch (value.kind) {
        case AVOCET_VALUE_NONE: return void(out += "null");
        case AVOCET_VALUE_INT: return append_json_number(value.v.i, out);
        case AVOCET_VALUE_UINT: return append_json_number(value.v.u, out);
        case AVOCET_VALUE_POINTER: return append_address(value.v.u, out);
        case AVOCET_VALUE_BOOL: return void(out += value.v.u ? "true" : "false");
        case AVOCET_VALUE_ENUM:
            return value.count ? append_json_string(text_of(value.v.items[0]), out)
                               : append_json_number(number_of(value), out);
        case AVOCET_VALUE_STRING: return record_string(value, out);
        case AVOCET_VALUE_BYTES: {
            constexpr char digits[] = "0123456789abcdef";
            out += "{\"bytes\":\"";
            for (uint32_t i = 0; i < value.count; ++i)
                (out += digits[value.v.bytes[i] >> 4]) += digits[value.v.bytes[i] & 15];
            return void(out += "\"}");
        }
        case AVOCET_VALUE_ARRAY:
        case AVOCET_VALUE_TUPLE: return list();
        case AVOCET_VALUE_RECORD:
            return object([&](uint32_t i) -> std::string_view {
                return type.member_names && i < type.member_count ? type.member_names[i] : "";
            });
        case AVOCET_VALUE_STATS: {
            constexpr std::string_view names[] = {"count", "average", "total"};
            return object([&](uint32_t i) { return names[i % 3]; });
        }
        case AVOCET_VALUE_HIST: return append_buckets(value, out);
        case AVOCET_VALUE_SERIES: return append_intervals(value, out);
        case AVOCET_VALUE_STACK: return record_stack(value, out);
        case AVOCET_VALUE_SYMBOL: return value.count ? record_frame(value.v.frames[0], out) : void(out += "null");
        default: {
            std::string shown;
            text.append(type, value, shown);
            return append_json_string(shown, out);
        }
    }
}

void Renderer::Impl::record_fields(const avocet_schema& schema, const avocet_value* row, uint32_t first, uint32_t end,
                                   std::string& out) const {
    for (uint32_t i = first; i < end; ++i) {
        out += i == first ? '{' : ',';
        append_json_string(schema.fields[i].name, out);
        out += ':';
        record_value(*schema.fields[i].type, row[i], out);
    }
    out += first < end ? "}" : "{}";
}

void Renderer::Impl::record_head(const avocet_batch& batch, uint32_t row, std::string& out) const {
    ((out += "{\"kind\":\"") += record_kind_name(static_cast<uint32_t>(batch.schema->kind))) += '"';
    if (const uint64_t time = wall_time_ns(batch, row)) append_time(time, out += ",\"time\":");
    const auto text_or_empty = [](const char* c) { return c ? std::string_view(c) : std::string_view(); };
    text_member("tool", text_or_empty(batch.schema->tool), out);
    if (batch.schema->kind == AVOCET_RECORD_EVENT) text_member("probe", text_or_empty(batch.schema->probe), out);
}

// The key is a list of its parts, so that @x["a,b"] and @x["a","b"] stay apart.
void Renderer::Impl::record_map(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const {
    const avocet_schema& schema = *batch.schema;
    const avocet_type& value_type = *schema.fields[1].type;
    const avocet_value* row = batch.rows + size_t{first} * schema.field_count;
    text_member("map", schema.name, out);
    text_member("type", map_type(value_type, row[1]), out);
    text_member("unit", value_type.unit ? value_type.unit : "", out);
    if (batch.flags & AVOCET_BATCH_FINAL) out += ",\"final\":true";
    out += ",\"rows\":[";
    const bool scalar = is_scalar_map(schema);
    for (uint32_t i = 0; i < count; ++i, row += schema.field_count) {
        out += i ? ",{" : "{";
        if (!scalar) {
            out += "\"key\":";
            if (row[0].kind != AVOCET_VALUE_TUPLE) out += '[';
            record_value(*schema.fields[0].type, row[0], out);
            out += row[0].kind != AVOCET_VALUE_TUPLE ? "]," : ",";
        }
        record_value(value_type, row[1], out += "\"value\":");
        out += '}';
    }
    out += ']';
}

void Renderer::Impl::record_event(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                  std::string& out) const {
    const bool report = is_report(schema);
    text_member("output", output_name(schema), out);
    if (schema.output == AVOCET_OUTPUT_TABLE) text_member("table", schema.name ? schema.name : "", out);
    static thread_local std::string body;
    body.clear();
    if (report)
        report_text(row, body);
    else if (schema.output != AVOCET_OUTPUT_TABLE)
        event_body(schema, format, row, body);
    text_member("text", body, out);
    const bool text_alone = schema.output == AVOCET_OUTPUT_TIME || schema.output == AVOCET_OUTPUT_JOIN;
    if (text_alone) return;
    record_fields(schema, row, 0, avocet_own_field_count(&schema), out += ",\"fields\":");
}

void Renderer::Impl::record_error(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                  std::string& out) const {
    std::string message;
    error_message(schema, format, row, message);
    text_member("severity", text_of(row[error_severity]), out);
    text_member("error", text_of(row[error_kind]), out);
    member("message", out);
    append_json_string(message, out);
    text_member("file", text_of(row[error_file]), out);
    for (auto [name, field] : {std::pair("line", error_line), std::pair("column", error_column),
                               std::pair("end_line", error_end_line), std::pair("end_column", error_end_column)}) {
        if (!row[error_line].v.u) break;
        member(name, out);
        append_number(row[field].v.u, out);
    }
    text_member("probe", text_of(row[error_probe]), out);
    if (text_of(row[error_helper]).empty()) return;
    text_member("helper", text_of(row[error_helper]), out);
    append_number(row[error_retcode].v.i, out += ",\"return\":");
}

void Renderer::Impl::record_labels(const avocet_schema& schema, const avocet_value* row, std::string& out) const {
    const uint32_t own = avocet_own_field_count(&schema);
    if (own < schema.field_count) record_fields(schema, row, own, schema.field_count, out += ",\"labels\":");
}

namespace {

void loss_record(const avocet_value* row, std::string& out) {
    text_member("probe", text_of(row[0]), out);
    text_member("cause", text_of(row[1]), out);
    append_number(row[2].v.u, out += ",\"count\":");
    out += row[3].v.u ? ",\"missing\":true" : ",\"missing\":false";
}

void lifecycle_record(const avocet_value* row, std::string& out) {
    text_member("event", text_of(row[0]), out);
    append_number(row[1].v.u, out += ",\"count\":");
}

}  // namespace

void Renderer::records(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const {
    const avocet_schema& schema = *batch.schema;
    if (is_heading(schema) || count == 0) return;
    const PrintfFormat* format = has_format(schema) ? &impl_->format(schema) : nullptr;
    const bool whole = schema.kind == AVOCET_RECORD_MAP;
    for (uint32_t i = first; i < first + count; i += whole ? count : 1) {
        const avocet_value* row = batch.rows + size_t{i} * schema.field_count;
        impl_->record_head(batch, i, out);
        switch (schema.kind) {
            case AVOCET_RECORD_EVENT: impl_->record_event(schema, format, row, out); break;
            case AVOCET_RECORD_MAP: impl_->record_map(batch, first, count, out); break;
            case AVOCET_RECORD_LOSS: loss_record(row, out); break;
            case AVOCET_RECORD_LIFECYCLE: lifecycle_record(row, out); break;
            case AVOCET_RECORD_ERROR: impl_->record_error(schema, format, row, out); break;
            default: break;
        }
        impl_->record_labels(schema, row, out);
        out += "}\n";
    }
}

namespace {

avocet_status table_records(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count, avocet_text_fn emit,
                            void* emit_ctx) noexcept {
    if (!batch || !batch->schema || first > batch->row_count || count > batch->row_count - first)
        return AVOCET_ERR_INVALID;
    try {
        static thread_local std::string buffer;  // keeps its capacity
        buffer.clear();
        static_cast<const Renderer*>(ctx)->records(*batch, first, count, buffer);
        emit(emit_ctx, buffer.data(), buffer.size());
        return AVOCET_OK;
    } catch (const std::bad_alloc&) { return AVOCET_ERR_NO_MEMORY; } catch (...) {
        return AVOCET_ERR_INTERNAL;
    }
}

}  // namespace

avocet_host_records Renderer::records_table() { return {sizeof(avocet_host_records), 0, this, table_records}; }

}  // namespace avocet::core
