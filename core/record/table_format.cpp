// SPDX-License-Identifier: Apache-2.0
//
// Widths and precisions are bounded when they are read, so a format from an object cannot ask for much memory.
#include "record/table_format.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace avocet::core {

namespace {

constexpr int most_width = 1024, most_precision = 512;

bool is_numeric(const avocet_value& v) {
    return v.kind == AVOCET_VALUE_INT || v.kind == AVOCET_VALUE_UINT || v.kind == AVOCET_VALUE_BOOL ||
           v.kind == AVOCET_VALUE_POINTER || v.kind == AVOCET_VALUE_ENUM;
}

double nanoseconds(std::string_view unit) {
    return unit == "s" ? 1e9 : unit == "ms" ? 1e6 : unit == "us" ? 1e3 : unit == "ns" ? 1 : 0;
}

// How many of `shown` one of the value's own unit is; 1 for what is no time.
double scale(const char* own, std::string_view shown) {
    const double from = nanoseconds(own ? own : ""), to = nanoseconds(shown.empty() ? "s" : shown);
    return from > 0 && to > 0 ? from / to : 1;
}

void pad(std::string_view text, int width, bool left, std::string& out) {
    size_t columns = 0;  // of UTF-8: bytes that begin a character
    for (char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    const size_t blanks = width > 0 && static_cast<size_t>(width) > columns ? static_cast<size_t>(width) - columns : 0;
    if (!left) out.append(blanks, ' ');
    out += text;
    if (left) out.append(blanks, ' ');
}

// The digits at `at`, at most `most`.
int digits(std::string_view text, size_t& at, int most) {
    int out = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        out = std::min(out * 10 + (text[at] - '0'), most);
    return out;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"  // made of checked parts only
template <class Number>
void print(const std::string& format, int width, int precision, Number number, std::string& out) {
    char buffer[most_width + most_precision + 400];
    const int n = snprintf(buffer, sizeof buffer, format.c_str(), width, precision, number);
    out.append(buffer, static_cast<size_t>(std::clamp(n, 0, static_cast<int>(sizeof buffer) - 1)));
}
#pragma GCC diagnostic pop

}  // namespace

TableFormat::TableFormat(std::string_view f) {
    std::string before;
    for (size_t at = 0; at < f.size();) {
        if (f[at] != '%' || (at + 1 < f.size() && f[at + 1] == '%')) {
            before += f[at];
            at += f[at] == '%' ? 2 : 1;
            continue;
        }
        Spec spec;
        for (++at; at < f.size() && std::string_view("-+ 0#").find(f[at]) != std::string_view::npos; ++at)
            spec.flags += f[at];
        spec.width = digits(f, at, most_width);
        if (at < f.size() && f[at] == '.') spec.precision = digits(f, ++at, most_precision);
        if (at < f.size() && f[at] == '{') {
            const size_t end = std::min(f.find('}', at), f.size());
            spec.unit = f.substr(at + 1, end - at - 1);
            at = std::min(end + 1, f.size());
        }
        while (at < f.size() && (f[at] == 'l' || f[at] == 'h' || f[at] == 'z')) ++at;
        if (at < f.size()) spec.conversion = f[at++];
        spec.before = std::exchange(before, {});
        specs_.push_back(std::move(spec));
    }
    after_ = std::move(before);
}

void TableFormat::append_spec(const Spec& spec, const avocet_type& type, const avocet_value& value,
                              const ValueText& text, std::string& out) {
    const bool left = spec.flags.find('-') != std::string::npos;
    const std::string_view real = "feg", whole = "diuxXoc";
    const auto of = [&](std::string_view set) { return set.find(spec.conversion) != std::string_view::npos; };
    if (of(real) && is_numeric(value)) {
        const double number = value.kind == AVOCET_VALUE_INT
                                  ? static_cast<double>(number_of(value))
                                  : static_cast<double>(static_cast<uint64_t>(number_of(value)));
        const int precision = spec.precision < 0 ? 6 : spec.precision;
        return print("%" + spec.flags + "*.*" + spec.conversion, spec.width, precision,
                     number * scale(type.unit, spec.unit), out);
    }
    if (of(whole) && is_numeric(value)) {
        int64_t number = number_of(value);
        if (!spec.unit.empty())
            number = static_cast<int64_t>(static_cast<double>(number) * scale(type.unit, spec.unit));
        if (spec.conversion == 'c') return pad(std::string(1, static_cast<char>(number)), spec.width, left, out);
        const bool is_signed = (spec.conversion == 'd' || spec.conversion == 'i') && value.kind != AVOCET_VALUE_UINT;
        const char conversion =
            spec.conversion == 'd' || spec.conversion == 'i' ? is_signed ? 'd' : 'u' : spec.conversion;
        // A negative precision counts as none (printf(3)).
        return print("%" + spec.flags + "*.*ll" + conversion, spec.width, spec.precision,
                     static_cast<long long>(number), out);
    }
    static thread_local std::string body;
    body.clear();
    text.append(type, value, body);
    std::string_view shown = body;
    if (spec.precision >= 0) shown = shown.substr(0, static_cast<size_t>(spec.precision));
    pad(shown, spec.width, left, out);
}

void TableFormat::append(std::span<const avocet_field> fields, const avocet_value* values, const ValueText& text,
                         std::string& out) const {
    for (size_t i = 0; i < specs_.size(); ++i) {
        out += specs_[i].before;
        if (i < fields.size()) append_spec(specs_[i], *fields[i].type, values[i], text, out);
    }
    out += after_;
}

std::string column_format_error(std::string_view f) {
    size_t at = 0;
    if (f.empty() || f[at++] != '%') return "must begin with '%'";
    while (at < f.size() && std::string_view("-+ 0#").find(f[at]) != std::string_view::npos) ++at;
    if (digits(f, at, most_width + 1) > most_width) return fmt::format("is wider than {}", most_width);
    if (at < f.size() && f[at] == '.' && digits(f, ++at, most_precision + 1) > most_precision)
        return fmt::format("has more than {} digits", most_precision);
    if (at < f.size() && f[at] == '{') {
        const size_t end = f.find('}', at);
        if (end == std::string_view::npos || nanoseconds(f.substr(at + 1, end - at - 1)) == 0)
            return "has a unit that is none of s, ms, us, ns";
        at = end + 1;
    }
    while (at < f.size() && (f[at] == 'l' || f[at] == 'h' || f[at] == 'z')) ++at;
    if (at + 1 != f.size() || std::string_view("diuxXocsfeg").find(f[at]) == std::string_view::npos)
        return "must be one specifier with one of the conversions d i u x X o c s f e g";
    return {};
}

}  // namespace avocet::core
