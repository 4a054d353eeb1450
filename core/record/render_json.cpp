// SPDX-License-Identifier: Apache-2.0
//
// Records as the JSON lines of bpftrace's readers. Spacing is part of the format: `, ` and `: ` in objects, `,` alone
// in arrays. Written by hand: a JSON library would choose its own spacing, and would not keep up.
#include <algorithm>
#include <cstring>

#include "avocet/abi/label.h"
#include "record/renderer.hpp"
#include "record/report.hpp"

namespace avocet::core {

namespace {

const avocet_type no_type{};

// Length of the valid UTF-8 sequence at the start, 0: none (RFC 3629, so no surrogates and nothing over U+10FFFF).
size_t sequence_length(std::string_view s) {
    auto byte = [&](size_t i) { return i < s.size() ? static_cast<uint8_t>(s[i]) : 0u; };
    auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
    unsigned a = byte(0), b = byte(1);
    if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
    if (a >= 0xe0 && a <= 0xef) {
        if (!tail(1) || !tail(2) || (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f)) return 0;
        return 3;
    }
    if (a >= 0xf0 && a <= 0xf4) {
        if (!tail(1) || !tail(2) || !tail(3) || (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f)) return 0;
        return 4;
    }
    return 0;
}

void append_escape(char c, std::string& out) {
    constexpr char digits[] = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: (((out += "\\u00") += digits[static_cast<uint8_t>(c) >> 4]) += digits[c & 15]);
    }
}

template <class T>
void append_exact(T number, std::string& out) {
    double d = static_cast<double>(number);
    bool exact = d < 18446744073709551616.0 && static_cast<__int128>(d) == static_cast<__int128>(number);
    if (!exact) out += '"';
    append_number(number, out);
    if (!exact) out += '"';
}

void append_bucket(const avocet_bucket& b, std::string& out) {
    out += '{';
    if (!(b.flags & 1)) {
        out += "\"min\": ";
        append_number(b.low, out);
        out += ", ";
    }
    if (!(b.flags & 2)) {
        out += "\"max\": ";
        append_number(b.high == INT64_MAX ? INT64_MAX : b.high - 1, out);
        out += ", ";
    }
    out += "\"count\": ";
    append_number(b.count, out);
    out += '}';
}

std::string_view event_type(avocet_output_kind output) {
    switch (output) {
        case AVOCET_OUTPUT_TIME: return "time";
        case AVOCET_OUTPUT_JOIN: return "join";
        case AVOCET_OUTPUT_CAT: return "cat";
        case AVOCET_OUTPUT_SYSTEM: return "syscall";
        case AVOCET_OUTPUT_VALUE: return "value";
        case AVOCET_OUTPUT_TABLE: return "table";
        default: return "printf";
    }
}

}  // namespace

void append_json_number(int64_t number, std::string& out) { append_exact(number, out); }
void append_json_number(uint64_t number, std::string& out) { append_exact(number, out); }

void append_json_string(std::string_view s, std::string& out) {
    out += '"';
    size_t plain = 0;  // start of what can be copied as it is
    for (size_t i = 0; i < s.size();) {
        auto c = static_cast<uint8_t>(s[i]);
        size_t length = c >= 0x80 ? sequence_length(s.substr(i)) : (c >= 0x20 && c != '"' && c != '\\') ? 1 : 0;
        if (length) {
            i += length;
            continue;
        }
        out += s.substr(plain, i - plain);
        if (c >= 0x80)
            out += "\xef\xbf\xbd";
        else
            append_escape(s[i], out);
        plain = ++i;
    }
    out += s.substr(plain);
    out += '"';
}

void Renderer::Impl::json_value(const avocet_type& type, const avocet_value& value, std::string& out) const {
    auto member = [&](uint32_t i) -> const avocet_type& {
        if (type.kind == AVOCET_VALUE_ARRAY) i = 0;
        return i < type.member_count ? *type.members[i] : no_type;
    };
    auto list = [&](auto&& each) {
        out += '[';
        for (uint32_t i = 0; i < value.count; ++i) {
            if (i) out += ',';
            each(i);
        }
        out += ']';
    };
    auto object = [&](auto&& name) {
        out += '{';
        for (uint32_t i = 0; i < value.count; ++i) {
            if (i) out += ", ";
            append_json_string(name(i), out);
            out += ": ";
            json_value(member(i), value.v.items[i], out);
        }
        out += '}';
    };
    switch (value.kind) {
        case AVOCET_VALUE_NONE: return void(out += "null");
        case AVOCET_VALUE_INT: return append_json_number(value.v.i, out);
        case AVOCET_VALUE_UINT:
        case AVOCET_VALUE_POINTER: return append_json_number(value.v.u, out);
        case AVOCET_VALUE_BOOL: return void(out += value.v.u ? "true" : "false");
        case AVOCET_VALUE_ENUM: return append_json_number(number_of(value), out);
        case AVOCET_VALUE_BYTES:
            return list([&](uint32_t i) { append_number(int64_t{static_cast<int8_t>(value.v.bytes[i])}, out); });
        case AVOCET_VALUE_ARRAY:
        case AVOCET_VALUE_TUPLE: return list([&](uint32_t i) { json_value(member(i), value.v.items[i], out); });
        case AVOCET_VALUE_RECORD:
            return object([&](uint32_t i) -> std::string_view {
                return type.member_names && i < type.member_count ? type.member_names[i] : "";
            });
        case AVOCET_VALUE_STATS: {
            constexpr std::string_view names[] = {"count", "average", "total"};
            return object([&](uint32_t i) { return names[i % 3]; });
        }
        case AVOCET_VALUE_HIST: return list([&](uint32_t i) { append_bucket(value.v.buckets[i], out); });
        case AVOCET_VALUE_SERIES: return append_series_json(value, out);
        case AVOCET_VALUE_STRING:
            if (!(value.flags & AVOCET_VALUE_TRUNCATED)) return append_json_string(text_of(value), out);
            [[fallthrough]];
        default: {
            std::string shown;
            text.append(type, value, shown);
            return append_json_string(shown, out);
        }
    }
}

void Renderer::Impl::json_event(const avocet_schema& schema, const PrintfFormat* format, const avocet_value* row,
                                std::string& out) const {
    ((out += "{\"type\": \"") += event_type(schema.output)) += "\", \"data\": ";
    const uint32_t count = avocet_own_field_count(&schema);
    if (schema.output == AVOCET_OUTPUT_VALUE && count == 1) {
        json_value(*schema.fields[0].type, row[0], out);
    } else if (schema.output == AVOCET_OUTPUT_TABLE) {
        for (uint32_t i = 0; i < count; ++i) {
            out += i ? ", " : "{";
            append_json_string(schema.fields[i].name, out);
            out += ": ";
            json_value(*schema.fields[i].type, row[i], out);
        }
        out += count ? "}" : "{}";
    } else {
        static thread_local std::string body;
        body.clear();
        event_body(schema, format, row, body);
        append_json_string(body, out);
    }
    out += "}\n";
}

void Renderer::Impl::json_map(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const {
    const avocet_schema& schema = *batch.schema;
    if (count == 0) return;
    const avocet_value* row = batch.rows + size_t{first} * schema.field_count;
    const avocet_value& sample = row[1];
    bool stats = sample.kind == AVOCET_VALUE_STATS || sample.flags & AVOCET_VALUE_AVERAGE;
    out += "{\"type\": \"";
    out += sample.kind == AVOCET_VALUE_HIST     ? "hist"
           : sample.kind == AVOCET_VALUE_SERIES ? "tseries"
           : stats                              ? "stats"
                                                : "map";
    out += "\", \"data\": {";
    append_json_string(schema.name, out);
    out += ": ";
    bool scalar = is_scalar_map(schema);
    if (!scalar) out += '{';
    std::string key;
    for (uint32_t i = 0; i < count; ++i, row += schema.field_count) {
        if (i) out += ", ";
        if (!scalar) {
            key.clear();
            text.append_key(*schema.fields[0].type, row[0], key);
            std::erase(key, ' ');
            append_json_string(key, out);
            out += ": ";
        }
        json_value(*schema.fields[1].type, row[1], out);
    }
    out += scalar ? "}}\n" : "}}}\n";
}

namespace {

void lifecycle_json(const avocet_value* row, std::string& out) {
    if (text_of(row[0]) != "attached") return;
    out += "{\"type\": \"attached_probes\", \"count\": ";
    append_number(row[1].v.u, out);
    out += ", \"data\": {\"probes\": ";
    append_number(row[1].v.u, out);
    out += "}}\n";
}

void loss_json(const avocet_value* row, bool brief, std::string& out) {
    if (brief && !row[3].v.u) return;
    out += row[3].v.u ? "{\"type\": \"lost_events\", \"count\": " : "{\"type\": \"incomplete_events\", \"count\": ";
    append_number(row[2].v.u, out);
    out += ", \"data\": {\"events\": ";
    append_number(row[2].v.u, out);
    for (auto [name, index] : {std::pair("cause", 1), std::pair("probe", 0)}) {
        if (brief || text_of(row[index]).empty()) continue;
        ((out += ", \"") += name) += "\": ";
        append_json_string(text_of(row[index]), out);
    }
    out += "}}\n";
}

// Into the object that was just closed.
void labels_json(const avocet_schema& schema, uint32_t own, const avocet_value* row, size_t start, std::string& out) {
    if (own == schema.field_count || out.size() < start + 2) return;
    out.resize(out.size() - 2);
    for (uint32_t i = own; i < schema.field_count; ++i) {
        out += i == own ? ", \"labels\": {" : ", ";
        append_json_string(schema.fields[i].name, out);
        out += ": ";
        append_json_string(text_of(row[i]), out);
    }
    out += "}}\n";
}

}  // namespace

void Renderer::json(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const {
    const avocet_schema& schema = *batch.schema;
    if (is_heading(schema)) return;
    const uint32_t own = avocet_own_field_count(&schema);
    const avocet_value* row = batch.rows + size_t{first} * schema.field_count;
    if (schema.kind == AVOCET_RECORD_MAP) {
        const size_t start = out.size();
        impl_->json_map(batch, first, count, out);
        return labels_json(schema, own, row, start, out);  // of the first row: one object for all of them
    }
    const PrintfFormat* format = has_format(schema) ? &impl_->format(schema) : nullptr;
    for (uint32_t i = 0; i < count; ++i, row += schema.field_count) {
        const size_t start = out.size();
        switch (schema.kind) {
            case AVOCET_RECORD_EVENT:
                if (is_report(schema))
                    report_json(row, out);
                else
                    impl_->json_event(schema, format, row, out);
                break;
            case AVOCET_RECORD_LOSS: loss_json(row, impl_->bpftrace, out); break;
            case AVOCET_RECORD_LIFECYCLE: lifecycle_json(row, out); break;
            case AVOCET_RECORD_ERROR: impl_->json_error(schema, format, row, out); break;
            default: break;
        }
        labels_json(schema, own, row, start, out);
    }
}

}  // namespace avocet::core
