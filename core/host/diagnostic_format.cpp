// SPDX-License-Identifier: Apache-2.0
//
// The text of a diagnostic:
//
//     stdin:1:9-14: error: unknown function 'foo' [E0214]
//     begin { foo(); }
//             ~~~~~
//     hint: did you mean 'fold'?
//     caused by: ...
//
// Columns count bytes, as everywhere; a tab is shown as four spaces and a character of several bytes as one. A span
// over several lines shows all of them and no underline. Without a place the component stands where the file would.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "host/diagnostics.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view tab_text = "    ";

// The line of `text` with this number (from 1), without its newline.
std::string_view source_line(std::string_view text, uint32_t number) {
    for (; number > 1; --number) {
        auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    auto line = text.substr(0, text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::string shown(std::string_view line) {
    std::string out;
    for (char c : line) {
        if (c == '\t')
            out += tab_text;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += '?';
        else
            out += c;
    }
    return out;
}

// Text of the traced system may hold anything: no control sequence reaches the terminal.
std::string clean(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }, '?');
    return out;
}

size_t width(std::string_view text) {
    size_t columns = 0;
    for (char c : text) columns += c == '\t' ? tab_text.size() : starts_character(c) ? 1 : 0;
    return columns;
}

std::string underline(std::string_view line, const Place& place) {
    size_t first = std::min<size_t>(place.column ? place.column - 1 : 0, line.size());
    size_t end = place.end_column > place.column ? place.end_column - 1 : first + 1;
    size_t inside = std::min(end, line.size());
    size_t marks = inside > first ? width(line.substr(first, inside - first)) : 0;
    return std::string(width(line.substr(0, first)), ' ') + std::string(std::max<size_t>(marks, 1), '~');
}

std::string source_lines(const std::vector<std::pair<std::string, std::string>>& sources, const Place& place) {
    constexpr uint32_t most_lines = 20;
    auto source = std::find_if(sources.begin(), sources.end(), [&](const auto& s) { return s.first == place.file; });
    if (source == sources.end() || place.line == 0) return {};
    std::string out;
    if (place.end_line > place.line) {
        for (uint32_t n = place.line; n <= std::min(place.end_line, place.line + most_lines - 1); ++n)
            out += shown(source_line(source->second, n)) + '\n';
        return out;
    }
    auto line = source_line(source->second, place.line);
    return shown(line) + '\n' + underline(line, place) + '\n';
}

// `exact`: always with both columns, as the bpftrace command's readers expect.
std::string location(const Place& place, bool exact) {
    if (place.file.empty()) return {};
    if (place.line == 0) return place.file + ": ";
    if (place.end_line > place.line) return fmt::format("{}:{}-{}: ", place.file, place.line, place.end_line);
    if (place.column == 0) return fmt::format("{}:{}: ", place.file, place.line);
    if (place.end_column <= place.column && exact)
        return fmt::format("{}:{}:{}-{}: ", place.file, place.line, place.column, place.column + 1);
    if (place.end_column <= place.column) return fmt::format("{}:{}:{}: ", place.file, place.line, place.column);
    return fmt::format("{}:{}:{}-{}: ", place.file, place.line, place.column, place.end_column);
}

struct Severity {
    std::string_view lower, upper, colour;
};

const Severity& words(avocet_severity severity) {
    static constexpr std::array<Severity, 4> table{{{"debug", "DEBUG", "\033[2m"},
                                                    {"note", "INFO", ""},
                                                    {"warning", "WARNING", "\033[33m"},
                                                    {"error", "ERROR", "\033[31m"}}};
    return table.at(static_cast<size_t>(std::clamp<avocet_severity>(severity, 0, 3)));
}

}  // namespace

std::string Diagnostics::format_locked(const Diagnostic& d, bool colour) const {
    const bool own = style_ == DiagnosticStyle::avocet;
    const auto& severity = words(d.severity);
    const auto label = own ? severity.lower : severity.upper;
    auto first_line = [&](std::string text) {
        return colour && !severity.colour.empty() ? fmt::format("{}{}\033[0m\n", severity.colour, text) : text + '\n';
    };

    std::string where = clean(location(d.place, !own));
    if (where.empty() && own && !d.component.empty() && !d.component.starts_with("core.")) where = d.component + ": ";
    std::string code = own && d.code ? fmt::format(" [E{:04}]", d.code) : std::string();
    std::string out = first_line(fmt::format("{}{}: {}{}", where, label, clean(d.message), code));
    out += source_lines(sources_, d.place);
    if (!d.context.empty()) {
        auto context_label = own ? std::string_view("note") : label;
        out += first_line(
            fmt::format("{}{}: {}", clean(location(d.context_place, !own)), context_label, clean(d.context)));
        out += source_lines(sources_, d.context_place);
    }
    for (const Place& place : d.expanded_from) {
        auto label_here = own ? std::string_view("note") : label;
        out += first_line(fmt::format("{}{}: expanded from", clean(location(place, !own)), label_here));
        out += source_lines(sources_, place);
    }
    if (!d.hint.empty()) out += fmt::format("{}: {}\n", own ? "hint" : "HINT", clean(d.hint));
    for (const auto& cause : d.causes) out += fmt::format("caused by: {}\n", clean(cause));
    return out;
}

}  // namespace avocet::core
