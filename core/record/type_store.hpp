// SPDX-License-Identifier: Apache-2.0
//
// What schemas and types are made of: nodes and strings that never move, built once when a session starts and shared
// by every batch that points at them. Batches keep the store alive, so a sink that is still writing when the session's
// decoder is gone reads valid schemas. Filled by one thread before the first batch is shared; read-only afterwards.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/record.h"

namespace avocet::core {

// Names of an enum's values, by value. `pair` is the decoded form: items[0] the name, items[1] the number.
struct EnumName {
    int64_t value;
    avocet_value pair[2];
};

class TypeStore {
public:
    const char* text(std::string_view s) { return strings_.emplace_back(s).c_str(); }
    avocet_type& add(avocet_value_kind kind, uint8_t width, std::string_view name);
    void set_members(avocet_type& type, std::vector<const avocet_type*> members, std::vector<const char*> names);
    // Sorted by value; the first name of a value wins.
    const std::vector<EnumName>& add_enum(std::vector<std::pair<int64_t, std::string_view>> names, uint8_t width,
                                          bool is_signed);
    // `id` numbers schemas from 0 in the order they are made.
    avocet_schema& add_schema(avocet_record_kind kind, avocet_output_kind output,
                              const std::vector<avocet_field>& fields);

private:
    std::deque<std::string> strings_;
    std::deque<avocet_type> types_;
    std::deque<std::vector<const avocet_type*>> members_;
    std::deque<std::vector<const char*>> names_;
    std::deque<std::vector<EnumName>> enums_;
    std::deque<std::vector<avocet_field>> fields_;
    std::deque<avocet_schema> schemas_;
};

}  // namespace avocet::core
