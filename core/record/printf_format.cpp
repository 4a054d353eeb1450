// SPDX-License-Identifier: Apache-2.0
//
// Facts that look like mistakes and are not: without a length modifier integers are cut to 32 bits; `0` fills on the
// free side without regard to the sign (`%05d` of -42 is `00-42`); precision and the space flag do nothing.
#include "record/printf_format.hpp"

#include <algorithm>
#include <charconv>

namespace avocet::core {

namespace {
const avocet_type no_type{};

bool is_number(const avocet_value& v) {
    return v.kind == AVOCET_VALUE_INT || v.kind == AVOCET_VALUE_UINT || v.kind == AVOCET_VALUE_BOOL ||
           v.kind == AVOCET_VALUE_POINTER || v.kind == AVOCET_VALUE_ENUM || v.kind == AVOCET_VALUE_SYMBOL;
}
}  // namespace

PrintfFormat::PrintfFormat(std::string_view format) {
    std::string literal;
    for (size_t i = 0; i < format.size();) {
        Spec spec;
        size_t used = format[i] == '%' ? parse(format.substr(i), spec) : 0;
        if (used == 0) {
            literal += format[i++];
        } else if (format[i + used - 1] == '%') {
            literal += '%';
            i += used;
        } else {
            spec.before = std::move(literal);
            literal.clear();
            spec.written = format.substr(i, used);
            specs_.push_back(std::move(spec));
            i += used;
        }
    }
    after_ = std::move(literal);
}

std::string PrintfFormat::without(std::string_view format, const std::vector<bool>& left_out) {
    std::string out;
    size_t argument = 0;
    for (size_t i = 0; i < format.size();) {
        Spec spec;
        const size_t used = std::max<size_t>(format[i] == '%' ? parse(format.substr(i), spec) : 1, 1);
        const bool is_argument = used > 1 && format[i + used - 1] != '%';
        const bool leave_out = is_argument && argument < left_out.size() && left_out[argument];
        argument += is_argument;
        if (!leave_out) out += format.substr(i, used);
        i += used;
    }
    return out;
}

size_t PrintfFormat::parse(std::string_view text, Spec& spec) {
    size_t at = 1;
    auto take = [&](char c) { return at < text.size() && text[at] == c ? (++at, true) : false; };
    auto digits = [&](uint32_t* out) {
        size_t start = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        uint32_t number = 0;
        std::from_chars(text.data() + start, text.data() + at, number);
        if (out) *out = std::min(number, 65536u);
    };
    spec.left = take('-');
    spec.plus = take('+');
    take(' ');
    spec.alternate = take('#');
    spec.zero = take('0');
    if (!take('*')) digits(&spec.width);
    if (take('.') && !take('*')) digits(nullptr);
    if (take('h'))
        spec.bits = take('h') ? 8 : 16;
    else if (take('l'))
        spec.bits = (take('l'), 64);
    else if (take('j') || take('z') || take('t'))
        spec.bits = 64;
    else
        take('L');
    if (take('%')) return at;
    return parse_conversion(text, at, spec) ? at : 0;
}

bool PrintfFormat::parse_conversion(std::string_view text, size_t& at, Spec& spec) {
    std::string_view rest = text.substr(std::min(at, text.size()));
    constexpr std::pair<std::string_view, Conversion> table[] = {
        // the longer ones first
        {"rx", Conversion::buffer_x}, {"rh", Conversion::buffer_h},      {"gr", Conversion::gfp},
        {"r", Conversion::buffer},    {"d", Conversion::signed_decimal}, {"i", Conversion::signed_decimal},
        {"u", Conversion::decimal},   {"o", Conversion::octal},          {"x", Conversion::hex},
        {"X", Conversion::hex_upper}, {"c", Conversion::character},      {"p", Conversion::pointer},
        {"s", Conversion::value}};
    for (const auto& [word, conversion] : table) {
        if (!rest.starts_with(word)) continue;
        spec.conversion = conversion;
        at += word.size();
        return true;
    }
    return false;
}

void PrintfFormat::append(std::span<const avocet_field> fields, const avocet_value* values, const ValueText& text,
                          std::string& out) const {
    for (size_t i = 0; i < specs_.size(); ++i) {
        const Spec& spec = specs_[i];
        out += spec.before;
        if (i < fields.size())
            append_spec(spec, fields[i].type ? *fields[i].type : no_type, values[i], text, out);
        else
            out += spec.written;
    }
    out += after_;
}

void PrintfFormat::append_spec(const Spec& spec, const avocet_type& type, const avocet_value& value,
                               const ValueText& text, std::string& out) {
    char fill = spec.zero ? '0' : ' ';
    switch (spec.conversion) {
        case Conversion::value: break;
        case Conversion::buffer:
        case Conversion::buffer_x:
        case Conversion::buffer_h:
            if (value.kind == AVOCET_VALUE_BYTES) return append_bytes(spec, value, out);
            break;
        default:
            if (is_number(value)) return append_integer(spec, static_cast<uint64_t>(number_of(value)), out);
    }
    if (spec.width)
        text.append_padded(type, value, spec.width, spec.left, fill, out);
    else
        text.append(type, value, out);
}

void PrintfFormat::append_integer(const Spec& spec, uint64_t number, std::string& out) {
    char buffer[32];
    char* at = buffer;
    unsigned unused = 64u - spec.bits;
    uint64_t cut = number << unused >> unused;
    auto digits = [&](uint64_t n, int base) { at = std::to_chars(at, buffer + sizeof buffer, n, base).ptr; };
    switch (spec.conversion) {
        case Conversion::signed_decimal: {
            auto n = static_cast<int64_t>(number << unused) >> unused;
            if (spec.plus && n >= 0) *at++ = '+';
            at = std::to_chars(at, buffer + sizeof buffer, n).ptr;
            break;
        }
        case Conversion::decimal: digits(cut, 10); break;
        case Conversion::octal:
            if (spec.alternate && cut) *at++ = '0';
            digits(cut, 8);
            break;
        case Conversion::hex:
        case Conversion::hex_upper: {
            bool upper = spec.conversion == Conversion::hex_upper;
            if (spec.alternate && cut) *at++ = '0', *at++ = upper ? 'X' : 'x';
            char* first = at;
            digits(cut, 16);
            if (upper)
                std::transform(first, at, first,
                               [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
            break;
        }
        case Conversion::character: *at++ = static_cast<char>(number); break;
        case Conversion::pointer:
            if (number) *at++ = '0', *at++ = 'x';
            digits(number, 16);
            break;
        default: {
            std::string flags;
            append_gfp_flags(number, flags);
            size_t pad = spec.width > flags.size() ? spec.width - flags.size() : 0;
            if (!spec.left) out.append(pad, spec.zero ? '0' : ' ');
            out += flags;
            if (spec.left) out.append(pad, spec.zero ? '0' : ' ');
            return;
        }
    }
    auto length = static_cast<size_t>(at - buffer);
    size_t pad = spec.width > length ? spec.width - length : 0;
    if (pad && !spec.left) out.append(pad, spec.zero ? '0' : ' ');
    out.append(buffer, length);
    if (pad && spec.left) out.append(pad, spec.zero ? '0' : ' ');
}

void PrintfFormat::append_bytes(const Spec& spec, const avocet_value& value, std::string& out) {
    constexpr char digits[] = "0123456789abcdef";
    size_t start = out.size();
    if (spec.conversion == Conversion::buffer)
        append_escaped_bytes(value, out);
    else
        for (uint32_t i = 0; i < value.count; ++i) {
            uint8_t b = value.v.bytes[i];
            if (spec.conversion == Conversion::buffer_x)
                out += "\\x";
            else if (i)
                out += ' ';
            (out += digits[b >> 4]) += digits[b & 15];
        }
    size_t length = out.size() - start;
    if (length < spec.width) out.insert(spec.left ? out.size() : start, spec.width - length, spec.zero ? '0' : ' ');
}

}  // namespace avocet::core
