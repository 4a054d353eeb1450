// SPDX-License-Identifier: Apache-2.0
//
// A printf format taken apart once, and printed for each row. The syntax is the language's, not C's:
// `%[-][+][space][#][0][width][.prec][length]conv` with the flags in this order; what does not match is literal text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/value_text.hpp"

namespace avocet::core {

class PrintfFormat {
public:
    explicit PrintfFormat(std::string_view format);
    void append(std::span<const avocet_field> fields, const avocet_value* values, const ValueText& text,
                std::string& out) const;
    size_t argument_count() const { return specs_.size(); }
    // The format text without the specifiers of these arguments; what stood around them stays.
    static std::string without(std::string_view format, const std::vector<bool>& left_out);

private:
    enum class Conversion : uint8_t {
        signed_decimal,
        decimal,
        octal,
        hex,
        hex_upper,
        character,
        pointer,
        value,
        buffer,
        buffer_x,
        buffer_h,
        gfp
    };
    struct Spec {
        std::string before;   // literal text in front
        std::string written;  // as written, for a missing argument
        Conversion conversion = Conversion::value;
        bool left = false, plus = false, alternate = false, zero = false;
        uint8_t bits = 32;
        uint32_t width = 0;
    };
    static size_t parse(std::string_view text, Spec& spec);  // characters used; 0: not a specifier
    static bool parse_conversion(std::string_view text, size_t& at, Spec& spec);
    static void append_spec(const Spec& spec, const avocet_type& type, const avocet_value& value, const ValueText& text,
                            std::string& out);
    static void append_integer(const Spec& spec, uint64_t number, std::string& out);
    static void append_bytes(const Spec& spec, const avocet_value& value, std::string& out);

    std::vector<Spec> specs_;
    std::string after_;  // literal text behind the last specifier
};

// Page allocation flags as `GFP_KERNEL|__GFP_ZERO`.
void append_gfp_flags(uint64_t flags, std::string& out);

}  // namespace avocet::core
