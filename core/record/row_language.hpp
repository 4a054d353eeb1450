// SPDX-License-Identifier: Apache-2.0
//
// Expressions over the fields of a row, as tools of C write them. Records are made without knowing the language: it is
// handed in (core/route/row_language.hpp).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/record.h"

namespace avocet::core {

struct OwnedBatch;

class RowLanguage {
public:
    using Path = std::vector<std::string>;  // "key.pid", "args[0]": its parts
    using Condition = std::function<bool(const avocet_value* row)>;
    struct Value {
        bool is_text = false;  // else a signed number of 64 bits
        std::function<avocet_value(const avocet_value* row, OwnedBatch& batch)> of;
    };

    virtual ~RowLanguage() = default;
    // The fields that a condition or a value names; nullopt: it cannot be read, `why` says why.
    virtual std::optional<std::vector<Path>> names(const std::string& text, bool of_value, std::string& why) const = 0;
    // Empty: `why`. The schema must outlive what is made.
    virtual Condition condition(const std::string& text, const avocet_schema& schema, std::string& why) const = 0;
    virtual std::optional<Value> value(const std::string& text, const avocet_schema& schema,
                                       std::string& why) const = 0;
};

}  // namespace avocet::core
