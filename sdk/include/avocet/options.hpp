// SPDX-License-Identifier: Apache-2.0
//
// avocet/options.hpp: a plugin's option schema as a constexpr array, and its validated values by name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/options.h"
#include "avocet/error.hpp"

namespace avocet {

// One schema entry. `otherwise` is the default as the user would write it; nullptr: none.
constexpr avocet_option option(avocet_option_type type, const char* name, const char* otherwise, const char* doc,
                               const char* unit = nullptr, int64_t min = 0, int64_t max = 0, uint32_t flags = 0) {
    return avocet_option{sizeof(avocet_option), type, name, unit, otherwise, nullptr, min, max, flags, 0, doc};
}
// `choices` ends with nullptr and is static.
constexpr avocet_option enum_option(const char* name, const char* const* choices, const char* otherwise,
                                    const char* doc) {
    return avocet_option{sizeof(avocet_option), AVOCET_OPTION_ENUM, name, nullptr, otherwise, choices, 0, 0, 0, 0, doc};
}

// Values in a create call, by name. A name that is not in the schema is a programming error and throws.
class Options {
public:
    Options(std::span<const avocet_option> schema, const avocet_options* values) : schema_(schema), values_(values) {}

    std::string instance() const { return values_ ? string(values_->instance) : std::string(); }
    bool is_set(std::string_view name) const { return find(name).is_set != 0; }
    bool boolean(std::string_view name) const { return find(name).number != 0; }
    int64_t integer(std::string_view name) const { return find(name).number; }
    uint64_t size_bytes(std::string_view name) const { return static_cast<uint64_t>(find(name).number); }
    uint64_t duration_ns(std::string_view name) const { return static_cast<uint64_t>(find(name).number); }
    std::string text(std::string_view name) const { return string(find(name).text); }
    std::vector<std::string> list(std::string_view name) const {
        const auto& value = find(name);
        std::vector<std::string> out;
        for (size_t i = 0; i < value.item_count; ++i) out.push_back(string(value.items[i]));
        return out;
    }

private:
    const avocet_option_value& find(std::string_view name) const {
        static const avocet_option_value unset{};
        for (size_t i = 0; i < schema_.size(); ++i) {
            if (name != schema_[i].name) continue;
            return values_ && i < values_->count ? values_->values[i] : unset;
        }
        throw Error(AVOCET_ERR_INTERNAL, "option '" + std::string(name) + "' is not in the plugin's schema");
    }
    std::span<const avocet_option> schema_;
    const avocet_options* values_;
};

}  // namespace avocet
