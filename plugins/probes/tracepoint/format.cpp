// SPDX-License-Identifier: Apache-2.0
//
// Parser of format files. The kernel writes them in trace_events.c, f_show().
#include "format.hpp"

#include <charconv>
#include <optional>

namespace avocet::tracepoint {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<uint32_t> number_after(std::string_view line, std::string_view key) {
    size_t at = line.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view digits = line.substr(at + key.size());
    uint32_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end == digits.data()) return std::nullopt;
    return value;
}

bool is_name_char(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "char prev_comm[16]" -> type "char", name "prev_comm", array. False: no name in it.
bool split_declaration(Field& field) {
    std::string_view text = field.declaration;
    for (std::string_view prefix : {"__data_loc ", "__rel_loc "}) {
        if (text.substr(0, prefix.size()) != prefix) continue;
        if (prefix == "__rel_loc ") return false;  // relative to the field's end: only user_events have it
        field.is_data_loc = true;
        text = trim(text.substr(prefix.size()));
    }
    while (!text.empty() && text.back() == ']') {
        size_t bracket = text.rfind('[');
        if (bracket == std::string_view::npos) return false;
        field.is_array = true;
        text = trim(text.substr(0, bracket));
    }
    size_t start = text.size();
    while (start > 0 && is_name_char(text[start - 1])) --start;
    field.name = text.substr(start);
    field.type = trim(text.substr(0, start));
    if (field.is_data_loc && field.type.size() > 2 && field.type.substr(field.type.size() - 2) == "[]")
        field.type = trim(std::string_view(field.type).substr(0, field.type.size() - 2));
    return !field.name.empty() && !field.type.empty();
}

std::optional<Field> parse_line(std::string_view line) {
    line = trim(line);
    constexpr std::string_view start = "field:";
    if (line.substr(0, start.size()) != start) return std::nullopt;
    size_t end = line.find(';');
    auto offset = number_after(line, "offset:");
    auto size = number_after(line, "size:");
    if (end == std::string_view::npos || !offset || !size) return std::nullopt;
    Field field;
    field.declaration = trim(line.substr(start.size(), end - start.size()));
    field.offset = *offset;
    field.size = *size;
    field.is_signed = number_after(line, "signed:").value_or(0) != 0;
    if (!split_declaration(field)) return std::nullopt;
    return field;
}

}  // namespace

std::vector<Field> parse_format(std::string_view text) {
    std::vector<Field> fields;
    while (!text.empty()) {
        size_t newline = text.find('\n');
        std::string_view line = text.substr(0, newline);
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        if (line.substr(0, 10) == "print fmt:") break;
        auto field = parse_line(line);
        if (field && field->name.substr(0, 7) != "common_") fields.push_back(std::move(*field));
    }
    return fields;
}

}  // namespace avocet::tracepoint
