// SPDX-License-Identifier: Apache-2.0
//
// Records as text. Layouts are compared byte for byte by existing tools; the language's reference fixes them.
#include "record/render.hpp"

#include "avocet/abi/heading.h"
#include "avocet/abi/label.h"
#include "record/renderer.hpp"
#include "record/report.hpp"

namespace avocet::core {

std::string_view text_of(const avocet_value& value) {
    bool text = value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT;
    return text && value.count ? std::string_view(value.v.text, value.count) : std::string_view();
}

bool is_scalar_map(const avocet_schema& schema) {
    return schema.field_count < 2 || schema.fields[0].type->kind == AVOCET_VALUE_NONE;
}

bool is_heading(const avocet_schema& schema) {
    return schema.kind == AVOCET_RECORD_EVENT &&
           schema.output == static_cast<avocet_output_kind>(AVOCET_OUTPUT_HEADING);
}

bool has_format(const avocet_schema& schema) { return schema.output == AVOCET_OUTPUT_PRINTF && schema.format; }

const PrintfFormat& Renderer::Impl::format(const avocet_schema& schema) {
    {
        std::shared_lock lock(mutex);
        auto found = formats.find(&schema);
        if (found != formats.end() && found->second.source == schema.format) return *found->second.format;
    }
    auto compiled = std::make_unique<PrintfFormat>(std::string_view(schema.format, schema.format_size));
    std::unique_lock lock(mutex);
    auto& slot = formats[&schema];
    if (!slot.format || slot.source != schema.format) slot = {schema.format, std::move(compiled)};
    return *slot.format;
}

const TableFormat& Renderer::Impl::table(const avocet_schema& schema) {
    {
        std::shared_lock lock(mutex);
        auto found = tables.find(&schema);
        if (found != tables.end() && found->second.first == schema.format) return *found->second.second;
    }
    auto compiled = std::make_unique<TableFormat>(std::string_view(schema.format, schema.format_size));
    std::unique_lock lock(mutex);
    auto& slot = tables[&schema];
    if (!slot.second || slot.first != schema.format) slot = {schema.format, std::move(compiled)};
    return *slot.second;
}

void Renderer::Impl::table_rows(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) {
    const avocet_schema& schema = *batch.schema;
    const TableFormat& format = table(schema);
    const avocet_value* row = batch.rows + size_t{first} * schema.field_count;
    for (uint32_t i = 0; i < count; ++i, row += schema.field_count) {
        format.append({schema.fields, schema.field_count}, row, text, out);
        out += '\n';
    }
}

void Renderer::Impl::event_body(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                std::string& out) const {
    const uint32_t count = avocet_own_field_count(&schema);
    if (format) return format->append({schema.fields, count}, row, text, out);
    for (uint32_t i = 0; i < count; ++i) {
        bool table = schema.output == AVOCET_OUTPUT_TABLE;
        if (table) ((out += i ? " " : "") += schema.fields[i].name) += '=';
        text.append(*schema.fields[i].type, row[i], out);
    }
}

void Renderer::Impl::text_event(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                std::string& out) const {
    event_body(schema, format, row, out);
    if (schema.output == AVOCET_OUTPUT_VALUE || schema.output == AVOCET_OUTPUT_JOIN ||
        schema.output == AVOCET_OUTPUT_SYSTEM || schema.output == AVOCET_OUTPUT_TABLE || is_heading(schema))
        out += '\n';
}

void Renderer::Impl::text_map_row(const avocet_schema& schema, const avocet_value* row, std::string& out) const {
    const std::string_view head = schema.fields[0].name;
    if (row[1].kind == AVOCET_VALUE_HIST && is_bcc_style(*schema.fields[1].type)) {
        if (!is_scalar_map(schema)) {
            ((out += '\n') += head == "key" ? "Bucket ptr" : head) += " = ";
            text.append_key(*schema.fields[0].type, row[0], out);
            out += '\n';
        }
        return append_bcc_histogram(*schema.fields[1].type, row[1], out);
    }
    if (is_scalar_map(schema)) {
        out += schema.name;
    } else if (head == "key") {
        (out += schema.name) += '[';
        text.append_key(*schema.fields[0].type, row[0], out);
        out += ']';
    } else {
        (out += head) += " = ";
        text.append_key(*schema.fields[0].type, row[0], out);
    }
    const avocet_value& value = row[1];
    if (value.kind == AVOCET_VALUE_HIST) {
        if (schema.fields[1].type->unit) ((out += " (") += schema.fields[1].type->unit) += ')';
        out += ":\n";
        append_histogram(*schema.fields[1].type, value, out);
    } else if (value.kind == AVOCET_VALUE_SERIES) {
        out += ":\n";
        append_series(*schema.fields[1].type, value, out);
    } else {
        out += ": ";
        text.append(*schema.fields[1].type, value, out);
    }
    out += '\n';
}

namespace {

void lifecycle_text(const avocet_value* row, std::string& out) {
    std::string_view event = text_of(row[0]);
    if (event == "ending") out += "\n\n";
    if (event != "attached") return;
    out += "Attached ";
    append_number(row[1].v.u, out);
    out += row[1].v.u == 1 ? " probe\n" : " probes\n";
}

void loss_text(const avocet_value* row, bool brief, std::string& out) {
    if (brief) {
        if (!row[3].v.u) return;
        out += "Lost ";
        append_number(row[2].v.u, out);
        out += " events\n";
        return;
    }
    std::string_view where = text_of(row[0]), cause = text_of(row[1]);
    if (row[3].v.u) {
        out += "Lost ";
        append_number(row[2].v.u, out);
        out += " events";
        if (!cause.empty()) ((out += ": ") += cause);
    } else {
        (out += cause) += ": ";
        append_number(row[2].v.u, out);
        out += row[2].v.u == 1 ? " time" : " times";
    }
    if (!where.empty()) ((out += " (") += where) += ')';
    out += '\n';
}

}  // namespace

Renderer::Renderer(avocet_host_symbols symbols, RenderSettings settings)
    : impl_(std::make_unique<Impl>(symbols, std::move(settings))) {}
Renderer::~Renderer() = default;

void Renderer::text(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const {
    const avocet_schema& schema = *batch.schema;
    if (schema.kind == AVOCET_RECORD_EVENT && schema.output == AVOCET_OUTPUT_TABLE && schema.format)
        return impl_->table_rows(batch, first, count, out);
    const PrintfFormat* format = has_format(schema) ? &impl_->format(schema) : nullptr;
    const avocet_value* row = batch.rows + size_t{first} * schema.field_count;
    for (uint32_t i = 0; i < count; ++i, row += schema.field_count) {
        switch (schema.kind) {
            case AVOCET_RECORD_EVENT:
                if (is_report(schema))
                    report_text(row, out);
                else
                    impl_->text_event(schema, format, row, out);
                break;
            case AVOCET_RECORD_MAP: impl_->text_map_row(schema, row, out); break;
            case AVOCET_RECORD_LOSS: loss_text(row, impl_->bpftrace, out); break;
            case AVOCET_RECORD_LIFECYCLE: lifecycle_text(row, out); break;
            case AVOCET_RECORD_ERROR: impl_->text_error(schema, format, row, out); break;
            default: break;
        }
    }
}

void Renderer::value(const avocet_type& type, const avocet_value& value, std::string& out) const {
    if (value.kind == AVOCET_VALUE_HIST)
        append_histogram(type, value, out);
    else if (value.kind == AVOCET_VALUE_SERIES)
        append_series(type, value, out);
    else
        impl_->text.append(type, value, out);
}

namespace {

template <class Body>
avocet_status emit_text(avocet_text_fn emit, void* ctx, const Body& body) noexcept {
    try {
        static thread_local std::string buffer;  // keeps its capacity
        buffer.clear();
        body(buffer);
        emit(ctx, buffer.data(), buffer.size());
        return AVOCET_OK;
    } catch (const std::bad_alloc&) { return AVOCET_ERR_NO_MEMORY; } catch (...) {
        return AVOCET_ERR_INTERNAL;
    }
}

const Renderer& self(void* ctx) { return *static_cast<const Renderer*>(ctx); }

bool in_range(const avocet_batch* batch, uint32_t first, uint32_t count) {
    return batch && batch->schema && first <= batch->row_count && count <= batch->row_count - first;
}

avocet_status table_text(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count, avocet_text_fn emit,
                         void* emit_ctx) noexcept {
    if (!in_range(batch, first, count)) return AVOCET_ERR_INVALID;
    return emit_text(emit, emit_ctx, [&](std::string& out) { self(ctx).text(*batch, first, count, out); });
}

avocet_status table_json(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count, avocet_text_fn emit,
                         void* emit_ctx) noexcept {
    if (!in_range(batch, first, count)) return AVOCET_ERR_INVALID;
    return emit_text(emit, emit_ctx, [&](std::string& out) { self(ctx).json(*batch, first, count, out); });
}

avocet_status table_value(void* ctx, const avocet_type* type, const avocet_value* value, avocet_text_fn emit,
                          void* emit_ctx) noexcept {
    if (!type || !value) return AVOCET_ERR_INVALID;
    return emit_text(emit, emit_ctx, [&](std::string& out) { self(ctx).value(*type, *value, out); });
}

}  // namespace

avocet_host_render Renderer::table() {
    return {sizeof(avocet_host_render), 0, this, table_text, table_json, table_value};
}

}  // namespace avocet::core
