// SPDX-License-Identifier: Apache-2.0
//
// Spec text to requests.
#include "spec.hpp"

#include <unistd.h>

#include <cctype>

#include "avocet/number.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::uprobe {

namespace {

Error invalid(const std::string& message, const std::string& hint = {}) {
    return Error(AVOCET_ERR_INVALID, message, hint);
}

void parse_function(const ProbeSpec& spec, const std::string& text, Request& request) {
    if (text.empty()) throw invalid(spec.kind + "s should be attached to a function or an address");
    if (!request.is_cpp && text[0] >= '0' && text[0] <= '9') {
        auto number = parse_number(text);
        if (!number) throw invalid("'" + text + "': invalid address");
        request.address = number->value;
        return;
    }
    size_t plus = request.is_cpp ? std::string::npos : text.find('+');
    request.function = text.substr(0, plus);
    if (plus == std::string::npos) return;
    if (request.is_return) throw invalid("uretprobes can not be attached to a function offset");
    if (text.find('+', plus + 1) != std::string::npos)
        throw invalid("'" + text + "': cannot take more than one offset");
    auto offset = parse_number(std::string_view(text).substr(plus + 1));
    if (!offset) throw invalid("'" + text + "': invalid offset");
    if (has_wildcard(request.function)) throw invalid("'" + text + "': cannot use a wildcard with an offset");
    request.offset = offset->value;
}

// Unquoted C++ names were split at their colons.
std::string rest_joined(const ProbeSpec& spec, size_t first) {
    std::string text = spec.parts[first];
    for (size_t i = first + 1; i < spec.parts.size(); ++i) text += ":" + spec.parts[i];
    return text;
}

int parse_position(const std::string& text, const char* what) {
    auto number = parse_number(text);
    if (!number || number->value == 0 || number->value > INT32_MAX)
        throw invalid(std::string("invalid ") + what + " number: " + text);
    return static_cast<int>(number->value);
}

// `BINARY@FILE` in front of the first colon; npos: a plain binary.
size_t source_mark(const ProbeSpec& spec) {
    if (spec.parts.empty() || spec.parts[0].empty()) return std::string::npos;
    size_t mark = spec.parts[0].rfind('@');
    if (mark == std::string::npos || mark == 0 || access(spec.parts[0].c_str(), F_OK) == 0) return std::string::npos;
    // Directories may have it, too: then what follows the colon is a function.
    bool has_line = spec.parts.size() > 1 && !spec.parts[1].empty() && isdigit(static_cast<uint8_t>(spec.parts[1][0]));
    bool is_directory = access(spec.parts[0].substr(0, mark).c_str(), F_OK) != 0 &&
                        spec.parts[0].substr(0, mark).find('/') != std::string::npos;
    return is_directory && !has_line ? std::string::npos : mark;
}

Request parse_source_line(const ProbeSpec& spec, size_t mark) {
    const auto& parts = spec.parts;
    if (spec.kind == "uretprobe") throw invalid("uretprobes can not be attached to a source line");
    Request request;
    request.binary = parts[0].substr(0, mark);
    request.source = parts[0].substr(mark + 1);
    if (request.source.empty() || parts.size() < 2 || parts.size() > 3)
        throw invalid("invalid uprobe arguments, expected format: uprobe:TARGET@FILE:LINE[:COL]");
    if (has_wildcard(parts[0]) || has_wildcard(parts[1]))
        throw invalid("cannot use wildcards with source code location");
    request.line = parse_position(parts[1], "line");
    if (parts.size() == 3) request.column = parse_position(parts[2], "column");
    return request;
}

}  // namespace

Request parse_spec(const ProbeSpec& spec) {
    Request request;
    request.is_return = spec.kind == "uretprobe";
    size_t count = spec.parts.size();
    if (size_t mark = source_mark(spec); mark != std::string::npos) return parse_source_line(spec, mark);
    if (count == 1 && spec.pid > 0) {
        parse_function(spec, spec.parts[0], request);
        return request;
    }
    bool is_cpp = count >= 3 && spec.parts[1] == "cpp";
    if (count == 3 && !is_cpp) throw invalid("unsupported language type: " + spec.parts[1], "supported: cpp");
    if (count != 2 && !is_cpp)
        throw invalid(wrong_part_count(spec, "2 or 3").what(),
                      spec.kind + ":BINARY:FUNCTION, or the function alone with -p PID");
    request.binary = spec.parts[0];
    request.is_cpp = is_cpp;
    parse_function(spec, is_cpp ? rest_joined(spec, 2) : spec.parts[1], request);
    return request;
}

bool names_a_place(const ProbeSpec& spec) {
    if (source_mark(spec) != std::string::npos) return true;
    if (spec.parts.size() != 2 || spec.parts[1].empty()) return false;
    const std::string& function = spec.parts[1];
    return isdigit(static_cast<uint8_t>(function[0])) ||
           (!has_wildcard(function) && function.find('+') != std::string::npos);
}

Request parse_listing(const ProbeSpec& spec) {
    Request request;
    request.is_return = spec.kind == "uretprobe";
    request.function = "*";
    const auto& parts = spec.parts;
    if (!parts.empty()) request.binary = parts[0];
    if (parts.size() == 1 && spec.pid > 0) {
        request.binary = "*";  // its libraries, too
        request.function = parts[0].empty() ? "*" : parts[0];
    }
    if (parts.size() >= 3 && parts[1] == "cpp") {
        request.is_cpp = true;
        request.function = rest_joined(spec, 2);
    } else if (parts.size() >= 2 && !parts[1].empty()) {
        request.function = parts[1];
    }
    return request;
}

}  // namespace avocet::uprobe
