// SPDX-License-Identifier: Apache-2.0
//
// RFC 5424 section 6: HEADER and STRUCTURED-DATA; RFC 3164 section 4.1. Control characters of the text become #ooo, as
// syslog daemons write them, so that one record is one line of a log whatever it carries.
#include "message.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>

namespace avocet::syslog {

namespace {

// PRINTUSASCII without what the place cannot have; never empty.
void append_name(std::string_view name, size_t limit, std::string_view without, std::string& out) {
    const size_t start = out.size();
    for (char c : name.substr(0, limit)) out += c > 32 && c < 127 && without.find(c) == without.npos ? c : '_';
    if (out.size() == start) out += '-';
}

void append_value(std::string_view value, std::string& out) {
    for (char c : value) {
        if (c == '"' || c == '\\' || c == ']') out += '\\';
        out += c;
    }
}

void append_text(std::string_view text, std::string& out) {
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 32 && byte != 127) {
            out += c;
            continue;
        }
        char escape[8];
        std::snprintf(escape, sizeof escape, "#%03o", byte);
        out += escape;
    }
}

void append_time(Form form, uint64_t wall_ns, std::string& out) {
    const auto seconds = static_cast<time_t>(wall_ns / 1'000'000'000);
    tm parts{};
    char text[64];
    if (form == Form::rfc5424) {
        ::gmtime_r(&seconds, &parts);
        size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
        std::snprintf(text + n, sizeof text - n, ".%06uZ", static_cast<unsigned>(wall_ns / 1000 % 1'000'000));
    } else {
        constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        ::localtime_r(&seconds, &parts);
        std::snprintf(text, sizeof text, "%s %2d %02d:%02d:%02d", months[parts.tm_mon % 12], parts.tm_mday,
                      parts.tm_hour, parts.tm_min, parts.tm_sec);
    }
    out += text;
}

void append_data(const Message& message, std::string& out) {
    if (message.data_id.empty()) {
        out += '-';
        return;
    }
    out += '[';
    append_name(message.data_id, 32, "=]\"", out);
    for (const auto& [name, value] : message.data) {
        out += ' ';
        append_name(name, 32, "=]\"", out);
        out += "=\"";
        append_value(value, out);
        out += '"';
    }
    out += ']';
}

void append_header(Form form, const Message& message, std::string& out) {
    out += '<' + std::to_string(message.facility * 8 + message.severity) + '>';
    if (form == Form::rfc5424) out += "1 ";
    append_time(form, message.wall_ns, out);
    out += ' ';
    if (form != Form::local) {
        append_name(message.host, 255, "", out);
        out += ' ';
    }
    append_name(message.application, form == Form::rfc5424 ? 48 : 32, form == Form::rfc5424 ? "" : "[]:", out);
    if (form != Form::rfc5424) {
        out += '[' + std::to_string(message.pid) + "]: ";
        return;
    }
    out += ' ' + std::to_string(message.pid) + ' ';
    append_name(message.id, 32, "", out);
    out += ' ';
    append_data(message, out);
    out += ' ';
}

}  // namespace

bool append_message(Form form, const Message& message, size_t limit, std::string& out) {
    const size_t start = out.size();
    append_header(form, message, out);
    const size_t text = out.size();
    append_text(message.text, out);
    if (out.size() - start <= limit) return false;
    size_t end = std::max(text, start + limit);
    while (end > text && end < out.size() && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
    return true;
}

}  // namespace avocet::syslog
