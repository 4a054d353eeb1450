// SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

namespace avocet::journald {

namespace {

constexpr size_t longest_name = 64;

char upper(char c) {
    if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

}  // namespace

void Entry::add(std::string_view name, std::string_view value) {
    std::string field(name);
    field += '=';
    field += value;
    fields_.push_back(std::move(field));
}

std::string field_name(std::string_view prefix, std::string_view name) {
    std::string out;
    for (std::string_view part : {prefix, name})
        for (char c : part)
            if (c = upper(c); out.size() < longest_name && (!out.empty() || (c >= 'A' && c <= 'Z'))) out += c;
    return out.empty() ? "FIELD" : out;
}

}  // namespace avocet::journald
