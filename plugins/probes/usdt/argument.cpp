// SPDX-License-Identifier: Apache-2.0
#include "argument.hpp"

#include <algorithm>
#include <charconv>

namespace avocet::usdt {

namespace {

bool is_symbol_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'; }
bool is_symbol_part(char c) { return is_symbol_start(c) || (c >= '0' && c <= '9') || c == '$'; }

// A number at the start of `text`, which is shortened; wraps into 64 bits as the assembler's do.
std::optional<uint64_t> take_number(std::string_view& text) {
    int base = 10;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text.remove_prefix(2);
    }
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return value;
}

struct Size {
    uint8_t bytes = 8;
    bool is_signed = false;
    std::string refusal;
};

// What stands in front of the `@`.
Size parse_size(std::string_view text) {
    Size size;
    std::string_view rest = text;
    if (!rest.empty() && rest[0] == '-') {
        size.is_signed = true;
        rest.remove_prefix(1);
    }
    auto number = take_number(rest);
    if (rest == "f") {
        size.refusal = "a floating-point number";
        return size;
    }
    if (!number || !rest.empty())
        size.refusal = "its size '" + std::string(text) + "' is not understood";
    else if (*number != 1 && *number != 2 && *number != 4 && *number != 8)
        size.refusal = "a value of " + std::to_string(*number) + " bytes";
    else
        size.bytes = static_cast<uint8_t>(*number);
    return size;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split_arguments(std::string_view text) {
    std::vector<std::string_view> out;
    int depth = 0;
    size_t start = 0;
    auto add = [&](size_t end) {
        if (end > start) out.push_back(text.substr(start, end - start));
        start = end + 1;
    };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '[' || text[i] == '(') ++depth;
        if (text[i] == ']' || text[i] == ')') depth = std::max(0, depth - 1);
        if (text[i] == ' ' && depth == 0) add(i);
    }
    add(text.size());
    return out;
}

std::optional<Expression> parse_expression(std::string_view text) {
    Expression out;
    uint64_t sum = 0;
    bool first = true;
    for (text = trimmed(text); first || !text.empty(); first = false) {
        bool negative = false;
        if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
            negative = text[0] == '-';
            text.remove_prefix(1);
        } else if (!first) {
            return std::nullopt;
        }
        if (text.empty()) return std::nullopt;
        if (is_symbol_start(text[0])) {
            if (negative || !out.symbol.empty()) return std::nullopt;
            size_t end = 0;
            while (end < text.size() && is_symbol_part(text[end])) ++end;
            out.symbol = text.substr(0, end);
            text.remove_prefix(end);
        } else {
            auto number = take_number(text);
            if (!number) return std::nullopt;
            sum = negative ? sum - *number : sum + *number;
        }
    }
    out.number = static_cast<int64_t>(sum);
    return out;
}

Operand constant_operand(int64_t value) {
    Operand o;
    o.location.kind = AVOCET_LOCATION_CONSTANT;
    o.location.base = o.location.index = AVOCET_NO_REGISTER;
    o.location.offset = value;
    return o;
}

Operand memory_operand(uint16_t base, uint16_t index, uint8_t shift, int64_t offset) {
    Operand o;
    o.location.kind = AVOCET_LOCATION_MEMORY;
    o.location.base = base;
    o.location.index = index;
    o.location.shift = shift;
    o.location.offset = offset;
    return o;
}

Argument parse_argument(std::string_view text, const ArgumentContext& context) {
    Argument out;
    out.text = text;
    Size size;
    // Symbols may hold an `@` of their own (versions, relocations): the size ends at the first one.
    if (size_t at = text.find('@'); at != std::string_view::npos) {
        size = parse_size(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    Operand operand = size.refusal.empty() ? context.machine == Machine::x86_64    ? parse_x86_64_operand(text, context)
                                             : context.machine == Machine::aarch64 ? parse_aarch64_operand(text)
                                                                                   : Operand::refused("this machine")
                                           : Operand::refused(size.refusal);
    out.refusal = operand.refusal;
    if (!out.refusal.empty()) return out;
    out.location = operand.location;
    out.location.size = std::min(size.bytes, operand.width);
    out.location.is_signed = size.is_signed;
    return out;
}

std::string type_text(const Argument& argument) {
    size_t at = argument.text.find('@');
    std::string_view size = at == std::string::npos ? "8" : std::string_view(argument.text).substr(0, at);
    bool is_signed = !size.empty() && size[0] == '-';
    if (is_signed) size.remove_prefix(1);
    if (size == "4f") return "float";
    if (size == "8f") return "double";
    uint64_t bytes = take_number(size).value_or(8);
    if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) return "char[" + std::to_string(bytes) + "]";
    return (is_signed ? "int" : "uint") + std::to_string(bytes * 8) + "_t";
}

}  // namespace avocet::usdt
