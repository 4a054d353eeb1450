// SPDX-License-Identifier: Apache-2.0
//
// A time series as a graph: one line for each interval, the value's place in 53 columns between the smallest and the
// largest value, local time in the unit of the interval. And as JSON.
#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "record/renderer.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t no_value = 4, is_signed = 8;
constexpr int64_t columns = 53, second = 1'000'000'000;
__extension__ typedef __int128 Wide;

struct Unit {
    const char* name;
    int digits;
    size_t columns;  // of the name
};
Unit unit_of(int64_t interval_ns) {
    if (interval_ns >= second) return {"", 0, 0};
    if (interval_ns >= 1'000'000) return {"ms", 3, 2};
    if (interval_ns >= 1'000) return {"μs", 6, 2};
    return {"ns", 9, 2};
}

Wide number(const avocet_bucket& b) {
    return b.flags & is_signed ? Wide{static_cast<int64_t>(b.count)} : Wide{b.count};
}
std::string text(Wide value) {
    return value < 0 ? fmt::to_string(static_cast<int64_t>(value)) : fmt::to_string(static_cast<uint64_t>(value));
}

// The first `digits` digits of the fraction; 0: none.
std::string clock_text(const char* format, int64_t wall_ns, int digits) {
    const time_t seconds = wall_ns / second;
    std::tm broken{};
    localtime_r(&seconds, &broken);
    char buffer[64];
    std::string out(buffer, std::strftime(buffer, sizeof buffer, format, &broken));
    if (digits) (out += '.') += fmt::format("{:09}", wall_ns % second).substr(0, static_cast<size_t>(digits));
    return out;
}

}  // namespace

void append_series(const avocet_type& type, const avocet_value& value, std::string& out) {
    bool some = false;
    Wide low = 0, high = 0;
    for (uint32_t i = 0; i < value.count; ++i) {
        if (value.v.buckets[i].flags & no_value) continue;
        const Wide n = number(value.v.buckets[i]);
        low = some ? std::min(low, n) : n;
        high = some ? std::max(high, n) : n;
        some = true;
    }
    if (!some) {
        out += "<no data>\n";
        return;
    }
    if (low == high) --low, ++high;
    const Unit unit = unit_of(type.hist_step);
    const size_t margin = 8 + (unit.digits ? 1 + static_cast<size_t>(unit.digits) : 0) + 1;
    const auto column = [&](Wide n, int64_t scale) { return static_cast<size_t>(scale * (n - low) / (high - low)); };
    const std::string bounds = std::string(margin, ' ') + fmt::format("{:<21}{:>32}\n", text(low), text(high));
    const std::string rule = std::string(columns - 2, '_');
    std::string head = "hh:mm:ss";
    if (unit.digits) (head += '.') += unit.name;
    head.append(margin - 8 - (unit.digits ? 1 + unit.columns : 0), ' ');
    out += bounds;
    ((((out += head) += '|') += rule) += "|\n");
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        std::string line(columns, ' ');
        line.front() = line.back() = '|';
        if (low < 0 && high > 0) line[std::min<size_t>(column(0, columns), columns - 1)] = '.';
        if (!(b.flags & no_value)) line[column(number(b), columns - 1)] = '*';
        (((out += clock_text("%H:%M:%S", b.low, unit.digits)) += ' ') += line) += ' ';
        (out += b.flags & no_value ? "-" : text(number(b))) += '\n';
    }
    ((((out += std::string(margin, ' ')) += 'v') += rule) += "v\n") += bounds;
}

void append_series_json(const avocet_value& value, std::string& out) {
    out += '[';
    bool some = false;
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_bucket& b = value.v.buckets[i];
        if (b.flags & no_value) continue;
        out += some ? ",{\"interval_start\":\"" : "{\"interval_start\":\"";
        ((out += clock_text("%Y-%m-%dT%H:%M:%S", b.low, 9)) += "\",\"value\":") += text(number(b));
        out += '}';
        some = true;
    }
    out += ']';
}

}  // namespace avocet::core
