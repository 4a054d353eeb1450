// SPDX-License-Identifier: Apache-2.0
//
// Everything that can be set, wherever it was written, is a Setting: a dotted key, its text or items, and its place.
// TOML tables are flattened into settings; environment and flags make them directly. One validator (schema.hpp) reads
// them all.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace avocet::core {

using Setting = SinkConfig::Setting;

// What the user wrote; Setting.kind. from_text may be any type: "true", "5", "a,b".
enum SettingKind : int { from_text = 0, from_string, from_integer, from_boolean, from_list, from_other };

// All layers, merged as far as they have been read. Routes are kept as settings until all is known.
struct Merged {
    std::vector<Setting> core;  // "transport.kind", ...
    std::vector<SinkConfig> sinks;
    std::vector<SinkConfig> routes;  // name empty: not given
    std::map<std::string, SinkConfig> plugins;
};

// Of one that holds names, as far as its type is right.
std::vector<std::string> words_of(const Setting& setting);
// Replaces the setting of the same key, or adds it.
void put(std::vector<Setting>& settings, Setting setting);
// Removes and returns the text of a key that is not for the plugin ("name", "type").
std::optional<Setting> take(std::vector<Setting>& settings, std::string_view key);

}  // namespace avocet::core
