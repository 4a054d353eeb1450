// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <cstdio>
#include <ctime>

#include "avocet/record.hpp"

namespace avocet::file {

namespace {

constexpr uint32_t no_low = 1, no_high = 2, no_value = 4, is_signed = 8;

std::string_view name_of(const avocet_schema& schema) {
    const char* name = schema.kind == AVOCET_RECORD_MAP ? schema.name : schema.probe;
    return name ? name : "";
}

// The second rarely changes from row to row.
std::string time_text(uint64_t wall_ns) {
    static thread_local std::time_t last = -1;
    static thread_local char second[32];
    const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
    if (seconds != last) {
        std::tm parts{};
        gmtime_r(&seconds, &parts);
        std::strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &parts);
        last = seconds;
    }
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%09luZ", static_cast<unsigned long>(wall_ns % 1'000'000'000));
    return std::string(second) + fraction;
}

bool flattens(const avocet_type& type) {
    return (type.kind == AVOCET_VALUE_TUPLE || type.kind == AVOCET_VALUE_RECORD) && type.members && type.member_count;
}

void columns(const std::string& name, const avocet_type& type, std::string& out) {
    const auto one = [&](const std::string& column) {
        out += ',';
        append_csv_field(column, out);
    };
    if (flattens(type)) {
        for (uint32_t i = 0; i < type.member_count; ++i) {
            const bool named = type.kind == AVOCET_VALUE_RECORD && type.member_names;
            columns(name + "." + (named ? type.member_names[i] : std::to_string(i)), *type.members[i], out);
        }
    } else if (type.kind == AVOCET_VALUE_STATS) {
        for (const char* part : {"count", "average", "total"}) one(name + "." + part);
    } else if (type.kind == AVOCET_VALUE_HIST) {
        for (const char* part : {"low", "high", "count"}) one(name + "." + part);
    } else if (type.kind == AVOCET_VALUE_SERIES) {
        one(name + ".time");
        one(name);
    } else if (type.kind != AVOCET_VALUE_NONE) {
        one(name);
    }
}

}  // namespace

void append_csv_field(std::string_view text, std::string& out) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (char c : text) out.append(c == '"' ? 2 : 1, c);
    out += '"';
}

size_t whole_csv_lines(std::string_view text) {
    bool quoted = false;
    size_t end = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == '\n' && !quoted) end = i + 1;
    }
    return end;
}

const std::string* Csv::header(const avocet_schema& schema) {
    auto [entry, fresh] = headers_.try_emplace(&schema);
    if (fresh) {
        entry->second = "time,kind,name";
        for (uint32_t i = 0; i < schema.field_count; ++i)
            columns(schema.fields[i].name, *schema.fields[i].type, entry->second);
        entry->second += "\r\n";
    }
    return &entry->second;
}

void Csv::cell(const avocet_type& type, const avocet_value& value, std::string& out) const {
    switch (value.kind) {
        case AVOCET_VALUE_NONE: return;
        case AVOCET_VALUE_INT: out += std::to_string(value.v.i); return;
        case AVOCET_VALUE_UINT: out += std::to_string(value.v.u); return;
        case AVOCET_VALUE_BOOL: out += value.v.u ? "true" : "false"; return;
        case AVOCET_VALUE_STRING:
        case AVOCET_VALUE_TEXT: return append_csv_field({value.v.text, value.count}, out);
        default: break;
    }
    std::string text;
    auto append = [](void* to, const char* data, size_t size) { static_cast<std::string*>(to)->append(data, size); };
    if (render_->value) render_->value(render_->ctx, &type, &value, append, &text);
    append_csv_field(text, out);
}

void Csv::cells(const avocet_type& type, const avocet_value& value, std::string& line) const {
    static const avocet_type plain{};
    if (flattens(type)) {
        for (uint32_t i = 0; i < type.member_count; ++i) {
            if (i < value.count && (value.kind == AVOCET_VALUE_TUPLE || value.kind == AVOCET_VALUE_RECORD))
                cells(*type.members[i], value.v.items[i], line);
            else
                cells(*type.members[i], {}, line);
        }
    } else if (type.kind == AVOCET_VALUE_STATS) {
        for (uint32_t i = 0; i < 3; ++i) {
            line += ',';
            if (value.kind == AVOCET_VALUE_STATS && i < value.count) cell(plain, value.v.items[i], line);
        }
    } else if (type.kind != AVOCET_VALUE_NONE) {
        line += ',';
        cell(type, value, line);
    }
}

// The fields before and behind a histogram or a series are the same on each of its lines.
void Csv::row(const avocet_batch& batch, uint32_t row, std::string& out) const {
    const avocet_schema& schema = *batch.schema;
    const avocet_value* values = batch.rows + size_t{row} * schema.field_count;
    std::string line = time_text(wall_time_ns(batch, row)) + ',';
    (line += record_kind_name(schema.kind)) += ',';
    append_csv_field(name_of(schema), line);
    const avocet_value* buckets = nullptr;
    bool series = false;
    std::string behind;
    for (uint32_t i = 0; i < schema.field_count; ++i) {
        const avocet_type& type = *schema.fields[i].type;
        const bool many = type.kind == AVOCET_VALUE_HIST || type.kind == AVOCET_VALUE_SERIES;
        if (many && !buckets) {
            buckets = values + i;
            series = type.kind == AVOCET_VALUE_SERIES;
        } else {
            cells(type, values[i], buckets ? behind : line);
        }
    }
    if (!buckets) {
        (out += line) += "\r\n";
        return;
    }
    const bool has_buckets = buckets->kind == AVOCET_VALUE_HIST || buckets->kind == AVOCET_VALUE_SERIES;
    for (uint32_t i = 0; has_buckets && i < buckets->count; ++i) {
        const avocet_bucket& b = buckets->v.buckets[i];
        if (series && b.flags & no_value) continue;
        (out += line) += ',';
        if (series) {
            (out += time_text(static_cast<uint64_t>(b.low))) += ',';
        } else {
            (out += b.flags & no_low ? "" : std::to_string(b.low)) += ',';
            (out += b.flags & no_high ? "" : std::to_string(b.high)) += ',';
        }
        out += b.flags & is_signed ? std::to_string(static_cast<int64_t>(b.count)) : std::to_string(b.count);
        (out += behind) += "\r\n";
    }
}

}  // namespace avocet::file
