// SPDX-License-Identifier: Apache-2.0
//
// Forms of values (the language's reference, "Values in text" and "Stacks"). Appends to strings the caller keeps, so
// that rendering a batch allocates nothing once the string has grown.
#include "record/value_text.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "avocet/abi/unwind.h"
#include "record/build_ids.hpp"
#include "record/layout.hpp"

namespace avocet::core {

namespace {

constexpr std::string_view stack_indent = "        ";

template <class T>
void append_chars(T number, std::string& out, int base = 10) {
    char buffer[24];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, number, base).ptr;
    out.append(buffer, static_cast<size_t>(end - buffer));
}

// "812B", "1.5MiB".
void append_bytes(int64_t number, std::string& out) {
    constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double shown = static_cast<double>(number);
    size_t unit = 0;
    for (; std::abs(shown) >= 1024; ++unit) shown /= 1024;
    char buffer[32];
    const int n = snprintf(buffer, sizeof buffer, "%.*f%s", unit ? 1 : 0, shown, units[unit]);
    out.append(buffer, static_cast<size_t>(n));
}

std::string_view view(avocet_str s) { return s.data ? std::string_view(s.data, s.size) : std::string_view(); }

const avocet_type no_type{};

const avocet_type& member_type(const avocet_type& type, uint32_t index) {
    if (type.kind == AVOCET_VALUE_ARRAY) index = 0;
    return index < type.member_count ? *type.members[index] : no_type;
}

}  // namespace

void append_number(int64_t number, std::string& out) { append_chars(number, out); }
void append_number(uint64_t number, std::string& out) { append_chars(number, out); }
void append_hex(uint64_t number, std::string& out) { append_chars(number, out, 16); }

void append_escaped_bytes(const avocet_value& value, std::string& out) {
    constexpr char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < value.count; ++i) {
        uint8_t b = value.v.bytes[i];
        if (b >= 32 && b <= 126)
            out += static_cast<char>(b);
        else
            ((out += "\\x") += digits[b >> 4]) += digits[b & 15];
    }
}

int64_t number_of(const avocet_value& value) {
    switch (value.kind) {
        case AVOCET_VALUE_INT:
        case AVOCET_VALUE_UINT:
        case AVOCET_VALUE_BOOL:
        case AVOCET_VALUE_POINTER: return value.v.i;
        case AVOCET_VALUE_ENUM: return value.count ? value.v.items[1].v.i : value.v.i;
        case AVOCET_VALUE_SYMBOL: return value.count ? static_cast<int64_t>(value.v.frames[0].address) : 0;
        default: return 0;
    }
}

bool is_composite(const avocet_value& value) {
    return value.kind == AVOCET_VALUE_ARRAY || value.kind == AVOCET_VALUE_TUPLE || value.kind == AVOCET_VALUE_RECORD ||
           value.kind == AVOCET_VALUE_STATS;
}

ValueText::ValueText(const avocet_host_symbols& symbols, std::string truncation_trailer)
    : symbols_(symbols), trailer_(std::move(truncation_trailer)), build_ids_(std::make_unique<BuildIds>()) {}
ValueText::~ValueText() = default;

void ValueText::append(const avocet_type& type, const avocet_value& value, std::string& out) const {
    auto items = [&](std::string_view separator) {
        for (uint32_t i = 0; i < value.count; ++i) {
            if (i) out += separator;
            append(member_type(type, i), value.v.items[i], out);
        }
    };
    auto named = [&](auto&& name, auto&& each) {
        if (value.count == 0) return void(out += "{}");
        out += "{ ";
        for (uint32_t i = 0; i < value.count; ++i) {
            out += i ? ", ." : ".";
            out += name(i);
            out += " = ";
            each(i);
        }
        out += " }";
    };
    switch (value.kind) {
        case AVOCET_VALUE_INT:
            return type.format == size_format ? append_bytes(value.v.i, out) : append_chars(value.v.i, out);
        case AVOCET_VALUE_UINT:
            return type.format == size_format ? append_bytes(value.v.i, out) : append_chars(value.v.u, out);
        case AVOCET_VALUE_BOOL: return void(out += value.v.u ? "true" : "false");
        case AVOCET_VALUE_ENUM:
            if (!value.count) return append_chars(value.v.i, out);
            return void(out.append(value.v.items[0].v.text, value.v.items[0].count));
        case AVOCET_VALUE_POINTER: return out += "0x", append_hex(value.v.u, out);
        case AVOCET_VALUE_STRING:
            out.append(value.v.text, value.count);
            if (value.flags & AVOCET_VALUE_TRUNCATED) out += trailer_;
            return;
        case AVOCET_VALUE_TEXT: return void(out.append(value.v.text, value.count));
        case AVOCET_VALUE_BYTES: return append_escaped_bytes(value, out);
        case AVOCET_VALUE_ARRAY:
            out += '[';
            items(",");
            out += ']';
            return;
        case AVOCET_VALUE_TUPLE:
            out += '(';
            items(", ");
            out += ')';
            return;
        case AVOCET_VALUE_RECORD:
            return named(
                [&](uint32_t i) { return type.member_names && i < type.member_count ? type.member_names[i] : ""; },
                [&](uint32_t i) { append(member_type(type, i), value.v.items[i], out); });
        case AVOCET_VALUE_STATS: {
            constexpr const char* names[] = {"count", "average", "total"};
            return named([&](uint32_t i) { return names[i % 3]; },
                         [&](uint32_t i) { append(no_type, value.v.items[i], out); });
        }
        case AVOCET_VALUE_STACK: return stack(type, value, out);
        case AVOCET_VALUE_SYMBOL:
            if (value.count) symbol_name(value.v.frames[0], out);
            return;
        default: return;
    }
}

void ValueText::append_padded(const avocet_type& type, const avocet_value& value, uint32_t width, bool left, char fill,
                              std::string& out) const {
    size_t start = out.size();
    append(type, value, out);
    size_t length = out.size() - start;
    if (is_composite(value)) {  // the first piece is the opening bracket (or `{}`)
        bool braces = value.kind == AVOCET_VALUE_RECORD || value.kind == AVOCET_VALUE_STATS;
        length = braces && value.count == 0 ? 2 : braces ? 2 : 1;
    }
    if (length >= width) return;
    out.insert(start + (left ? length : 0), width - length, fill);
}

void ValueText::append_key(const avocet_type& type, const avocet_value& value, std::string& out) const {
    size_t start = out.size();
    append(type, value, out);
    if (out.size() - start < 2 || out[start] != '(' || out.back() != ')') return;
    out.pop_back();
    out.erase(start, 1);
}

bool ValueText::resolve(const avocet_frame& frame, avocet_symbol& out) const {
    out = {};
    out.struct_size = sizeof out;
    return symbols_.resolve && symbols_.resolve(symbols_.ctx, &frame, &out) == AVOCET_OK && out.found;
}

void ValueText::symbol_name(const avocet_frame& frame, std::string& out) const {
    avocet_symbol s;
    if (resolve(frame, s)) return void(out += view(s.name));
    out += "0x";
    append_hex(frame.address, out);
}

// A stack starts with a newline, and each frame ends with one.
void ValueText::stack(const avocet_type& type, const avocet_value& value, std::string& out) const {
    std::string_view mode = type.format ? type.format : "bpftrace";
    if (mode == "folded") {  // outermost first
        for (uint32_t i = value.count; i-- > 0;) symbol_name(value.v.frames[i], out += ';');
        return;
    }
    out += '\n';
    for (uint32_t i = 0; i < value.count; ++i) {
        frame(mode, value.v.frames[i], out);
        out += '\n';
    }
}

void ValueText::frame(std::string_view mode, const avocet_frame& f, std::string& out) const {
    const bool is_gap = f.pid && f.address == AVOCET_FRAME_UNWIND_FAILURE;
    if (mode == "raw" && !is_gap) return append_hex(f.address, out);
    avocet_symbol s;
    bool found = resolve(f, s);
    if (is_gap && found) {
        out += mode == "perf" ? "\t" : mode == "bpftrace" ? stack_indent : "";
        out += view(s.name);
        return;
    }
    if (mode == "build_id") return build_id_frame(f, s, out);
    bool perf = mode == "perf";
    if (perf) {
        out += '\t';
        append_hex(f.address, out);
        out += ' ';
    } else {
        out += stack_indent;
    }
    if (found) {
        out += view(s.name);
        out += '+';
        append_chars(s.offset, out);
    } else {
        out += "0x";
        append_hex(f.address, out);
    }
    if (!perf || f.pid == 0) return;
    std::string_view module = view(s.module);
    out += " (";
    out += module.empty() ? "[unknown]" : module;
    out += ')';
}

void ValueText::build_id_frame(const avocet_frame& f, const avocet_symbol& s, std::string& out) const {
    std::string id = f.pid && s.module.size ? build_ids_->of(f.pid, view(s.module)) : std::string();
    if (id.empty()) return append_hex(f.address, out);
    out += id;
    out += " 0x";
    append_hex(s.file_offset, out);
}

}  // namespace avocet::core
