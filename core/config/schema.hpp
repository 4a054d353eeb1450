// SPDX-License-Identifier: Apache-2.0
//
// Option schemas as the host reads them: a plugin's, or the core's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/plugin.h"
#include "config/config.hpp"
#include "config/settings.hpp"

namespace avocet::core {

using Schema = std::vector<const avocet_option*>;

// Entries of a factory, by its own stride (a newer plugin's entries may be larger).
Schema schema_of(const avocet_factory& factory);
// A list of them.
template <class Options>
Schema schema_of(const Options& options) {
    Schema out;
    for (const avocet_option& o : options) out.push_back(&o);
    return out;
}

struct OptionValues::Impl {
    std::string instance;
    struct Value {
        std::string text;
        std::vector<std::string> items;
        std::vector<avocet_str> item_views;
    };
    std::vector<std::unique_ptr<Value>> storage;
    std::vector<avocet_option_value> values;
    avocet_options options{};
};

// What the messages are about: "sink 'archive'", place of its table.
struct Subject {
    std::string name;      // "sink 'archive'"; empty: the core's own settings
    std::string instance;  // "archive"
    Place place;
};

// Values in schema order; nullptr: all errors were reported.
std::shared_ptr<const OptionValues::Impl> validate(const Schema& schema, const std::vector<Setting>& settings,
                                                   const Subject& subject, const PathValues& paths,
                                                   Diagnostics& diagnostics);

// The items of a list written as one text: "a,b" of a default or a flag, "a:b" of a variable. Empty items do not count.
std::vector<std::string> split_list(std::string_view text, char separator);

// "one of a, b, c", "1 to 100"; empty: anything. For help and samples.
std::string describe_limits(const avocet_option& option);

}  // namespace avocet::core
