// SPDX-License-Identifier: Apache-2.0
//
// The text of numbers and strings: one converter for literals, positional parameters, attach-point numbers and
// settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avocet::dsl {

struct ConvertedInteger {
    uint64_t value = 0;
    bool has_suffix = false;
    std::string error;  // empty: converted
};

// Decimal, hexadecimal, octal and scientific numbers with `_` and suffixes; with `binary` also `0b101`, which only text
// outside of scripts may use. No sign.
ConvertedInteger convert_integer(std::string_view text, bool binary);

// The same with an optional leading `-`; nullopt if it is no number. Sets `negative`.
std::optional<uint64_t> convert_parameter(std::string_view text, bool& negative);

struct ConvertedString {
    std::string value;
    std::string error;        // empty: converted
    size_t error_offset = 0;  // into the text between the quotes
    size_t error_length = 0;
};

// Resolves the escapes of the text between the quotes.
ConvertedString convert_string(std::string_view body);

// The reverse: with quotes and escapes, always a valid literal with the same bytes.
std::string quote_string(std::string_view value);

}  // namespace avocet::dsl
