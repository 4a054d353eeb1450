// SPDX-License-Identifier: Apache-2.0
//
// The default text form of a value: what print() and %s show, and what map keys are made of.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "avocet/abi/record.h"

namespace avocet::core {

class BuildIds;

class ValueText {
public:
    ValueText(const avocet_host_symbols& symbols, std::string truncation_trailer);
    ~ValueText();
    void append(const avocet_type& type, const avocet_value& value, std::string& out) const;
    // Only the first piece of a composite is padded; everything else as a whole.
    void append_padded(const avocet_type& type, const avocet_value& value, uint32_t width, bool left, char fill,
                       std::string& out) const;
    // The form inside `@m[...]`: as append, without the outermost parentheses.
    void append_key(const avocet_type& type, const avocet_value& value, std::string& out) const;

    // False: no symbol covers the address; the module may be known all the same.
    bool resolve(const avocet_frame& frame, avocet_symbol& out) const;

private:
    void stack(const avocet_type& type, const avocet_value& value, std::string& out) const;
    void frame(std::string_view mode, const avocet_frame& frame, std::string& out) const;
    void build_id_frame(const avocet_frame& frame, const avocet_symbol& symbol, std::string& out) const;
    void symbol_name(const avocet_frame& frame, std::string& out) const;

    avocet_host_symbols symbols_;
    std::string trailer_;
    std::unique_ptr<BuildIds> build_ids_;
};

void append_number(int64_t number, std::string& out);
void append_number(uint64_t number, std::string& out);
void append_hex(uint64_t number, std::string& out);
// Bytes 32 to 126 as they are, others as \xNN.
void append_escaped_bytes(const avocet_value& value, std::string& out);
int64_t number_of(const avocet_value& value);  // of an integer, bool, pointer or enum; else 0
bool is_composite(const avocet_value& value);

}  // namespace avocet::core
