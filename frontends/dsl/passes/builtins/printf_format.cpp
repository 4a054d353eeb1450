// SPDX-License-Identifier: Apache-2.0
#include "passes/builtins/printf_format.hpp"

#include <cctype>

namespace avocet::dsl {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

// Length of the conversion's name at the start of `rest`, 0: none.
size_t name_length(std::string_view rest) {
    for (std::string_view name : {"rx", "rh", "gr"})
        if (rest.starts_with(name)) return 2;
    if (!rest.empty() && std::string_view("diuoxXcpsrfFeEgGaAn").find(rest[0]) != std::string_view::npos) return 1;
    return 0;
}

}  // namespace

std::vector<Conversion> parse_format(std::string_view format) {
    std::vector<Conversion> found;
    for (size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%') continue;
        size_t at = i + 1;
        const auto skip = [&](char c) {
            if (at < format.size() && format[at] == c) ++at;
        };
        for (char flag : {'-', '+', ' ', '#', '0'}) skip(flag);
        const size_t width = at;
        if (at < format.size() && format[at] == '*')
            ++at;
        else
            while (at < format.size() && is_digit(format[at])) ++at;
        const size_t precision = at;
        if (at < format.size() && format[at] == '.') {
            ++at;
            while (at < format.size() && is_digit(format[at])) ++at;
        }
        const bool precise = at > precision;
        if (at < format.size() && format[at] == '%') {
            i = at;
            continue;
        }
        for (std::string_view length : {"hh", "h", "ll", "l", "j", "z", "t", "L"})
            if (format.substr(at).starts_with(length)) {
                at += length.size();
                break;
            }
        const size_t size = name_length(format.substr(at));
        if (size == 0) continue;
        found.push_back({std::string(format.substr(at, size)), std::string(format.substr(i + 1, width - i - 1)),
                         std::string(format.substr(width, precision - width)), precise, i, at + size});
        i = at + size - 1;
    }
    return found;
}

bool accepts(const Conversion& conversion, const Type& type) {
    switch (conversion.name[0]) {
        case 's': return type.kind != TypeKind::none && type.kind != TypeKind::void_;
        case 'r': return type.kind == TypeKind::buffer;
        case 'g': return type.is_integer() || type.kind == TypeKind::enumeration;
        case 'd':
        case 'i':
        case 'u':
        case 'o':
        case 'x':
        case 'X':
        case 'c':
        case 'p':
            return type.is_integer() || type.kind == TypeKind::boolean || type.is_pointer() ||
                   type.kind == TypeKind::enumeration;
        default: return false;
    }
}

bool is_unsupported(const Conversion& conversion) {
    return conversion.name.size() == 1 &&
           std::string_view("fFeEgGaAn").find(conversion.name[0]) != std::string_view::npos;
}

}  // namespace avocet::dsl
