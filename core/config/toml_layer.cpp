// SPDX-License-Identifier: Apache-2.0
#include "config/toml_layer.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "config/codes.hpp"
#include "host/codes.hpp"
#include "host/toml_table.hpp"

namespace avocet::core {

void put(std::vector<Setting>& settings, Setting setting) {
    auto same = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == setting.key; });
    if (same == settings.end())
        settings.push_back(std::move(setting));
    else
        *same = std::move(setting);
}

std::optional<Setting> take(std::vector<Setting>& settings, std::string_view key) {
    auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == key; });
    if (found == settings.end()) return std::nullopt;
    Setting taken = std::move(*found);
    settings.erase(found);
    return taken;
}

namespace {

constexpr std::string_view component = "core.config";

// From the first byte of the key to the last of the value: what is wrong may be either.
Place around(const toml::key& key, const toml::node& node, const std::string& file) {
    auto place = place_of(key.source(), file), value = place_of(node.source(), file);
    if (value.end_line > place.line || (value.end_line == place.line && value.end_column > place.end_column)) {
        place.end_line = value.end_line;
        place.end_column = value.end_column;
    }
    return place;
}

std::string scalar_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
    std::ostringstream out;
    if (const auto* number = node.as_floating_point())
        out << number->get();
    else if (const auto* date = node.as_date())
        out << date->get();
    else if (const auto* time = node.as_time())
        out << time->get();
    else if (const auto* both = node.as_date_time())
        out << both->get();
    return out.str();
}

int kind_of(const toml::node& node) {
    if (node.is_string()) return from_string;
    if (node.is_integer()) return from_integer;
    if (node.is_boolean()) return from_boolean;
    return node.is_array() ? from_list : from_other;
}

class LayerReader {
public:
    LayerReader(std::string file, Merged& out, Diagnostics& diagnostics)
        : file_(std::move(file)), out_(out), diagnostics_(diagnostics) {}

    bool read(const toml::table& root) {
        for (const auto& [key, node] : root) top_level(key, node);
        return ok_;
    }

private:
    void error(uint32_t code, std::string message, std::string hint, Place place) {
        ok_ = false;
        diagnostics_.error(component, std::move(message), std::move(hint), code, std::move(place));
    }

    void top_level(const toml::key& key, const toml::node& node) {
        static const std::vector<std::string> known{"run", "transport", "cache", "plugins", "sink", "route", "plugin"};
        const std::string name(key.str());
        if (name == "sink" || name == "route") return named_tables(name, key, node);
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            auto near = closest(name, known);
            return error(code::toml_unknown_key, "unknown key '" + name + "'",
                         near.empty() ? "the tables are run, transport, cache, plugins, sink, route and plugin"
                                      : "did you mean '" + near + "'?",
                         place_of(key.source(), file_));
        }
        const auto* table = node.as_table();
        if (!table) {
            return error(code::toml_wrong_type, fmt::format("'{}' is a table, found {}", name, type_name(node)),
                         fmt::format("write [{}]", name), place_of(node.source(), file_));
        }
        if (name == "plugin") return plugins(*table);
        flatten(*table, name, out_.core);
    }

    void flatten(const toml::table& table, const std::string& prefix, std::vector<Setting>& out) {
        for (const auto& [key, node] : table) {
            const auto name = prefix.empty() ? std::string(key.str()) : prefix + '.' + std::string(key.str());
            if (const auto* inner = node.as_table()) {
                flatten(*inner, name, out);
                continue;
            }
            Setting setting{name, {}, {}, around(key, node, file_), kind_of(node), place_of(node.source(), file_)};
            if (const auto* array = node.as_array())
                items(*array, name, setting);
            else
                setting.text = scalar_text(node);
            put(out, std::move(setting));
        }
    }

    void items(const toml::array& array, const std::string& name, Setting& setting) {
        for (const auto& item : array) {
            if (!item.is_table() && !item.is_array())
                setting.items.push_back(scalar_text(item));
            else
                error(code::toml_wrong_type,
                      fmt::format("key '{}': a list holds plain values, found {}", name, type_name(item)), {},
                      place_of(item.source(), file_));
        }
    }

    // [[sink]] and [[route]].
    void named_tables(const std::string& what, const toml::key& key, const toml::node& node) {
        const auto* array = node.as_array();
        if (!array)
            return error(code::toml_wrong_type,
                         fmt::format("'{}' is a list of tables, found {}", what, type_name(node)),
                         fmt::format("write [[{}]]", what), place_of(key.source(), file_));
        std::vector<SinkConfig> here;
        for (const auto& item : *array) {
            const auto* table = item.as_table();
            if (table)
                named_table(what, *table, here);
            else
                error(code::toml_wrong_type, fmt::format("'{}' is a list of tables, found {}", what, type_name(item)),
                      {}, place_of(item.source(), file_));
        }
        auto& all = what == "sink" ? out_.sinks : out_.routes;
        for (auto& added : here) {
            auto same = std::find_if(all.begin(), all.end(),
                                     [&](const SinkConfig& s) { return !added.name.empty() && s.name == added.name; });
            if (same == all.end())
                all.push_back(std::move(added));
            else
                *same = std::move(added);
        }
    }

    void named_table(const std::string& what, const toml::table& table, std::vector<SinkConfig>& here) {
        SinkConfig entry;
        entry.place = header_place(table);
        flatten(table, {}, entry.settings);
        bool usable = word(entry, "name", entry.name);
        if (what == "sink") {
            usable = word(entry, "type", entry.type) && usable;
            if (usable && entry.type.empty()) {
                usable = false;
                error(code::config_sink,
                      entry.name.empty() ? "sink has no type" : fmt::format("sink '{}': has no type", entry.name),
                      "write type = \"...\"; `avocet plugins` lists the types", entry.place);
            }
            if (entry.name.empty()) entry.name = entry.type;
        }
        if (!usable) return;
        auto same = std::find_if(here.begin(), here.end(),
                                 [&](const SinkConfig& s) { return !entry.name.empty() && s.name == entry.name; });
        if (same == here.end()) return here.push_back(std::move(entry));
        ok_ = false;
        diagnostics_.report(Diagnostic{AVOCET_ERROR,
                                       code::config_sink,
                                       std::string(component),
                                       fmt::format("{} '{}': the name is used twice", what, entry.name),
                                       "give it another name",
                                       "the first one is here",
                                       entry.place,
                                       same->place,
                                       {}});
    }

    // Takes a string setting out; false: it is something else, which was reported.
    bool word(SinkConfig& entry, std::string_view key, std::string& out) {
        auto setting = take(entry.settings, key);
        if (!setting) return true;
        out = setting->text;
        if (setting->kind == from_string && (!out.empty() || key == "name")) return true;  // no name: as if not given
        error(code::toml_wrong_type, fmt::format("key '{}' expects a word", key), {}, setting->place);
        return false;
    }

    // [plugin."a.b"]; [plugin.a.b] means the same, as ids have a dot and options of that name would be tables of
    // tables.
    void plugins(const toml::table& table) {
        for (const auto& [key, node] : table) {
            const std::string id(key.str());
            const auto* inner = node.as_table();
            if (!inner) {
                error(code::toml_wrong_type, fmt::format("'plugin.{}' is a table, found {}", id, type_name(node)),
                      "write [plugin.\"ID\"]", place_of(key.source(), file_));
            } else if (id.find('.') != std::string::npos) {
                plugin(id, *inner);
            } else {
                for (const auto& [second, options] : *inner) {
                    if (const auto* t = options.as_table())
                        plugin(id + '.' + std::string(second.str()), *t);
                    else
                        error(code::toml_wrong_type, fmt::format("'{}' is not a plugin's id", id),
                              "write [plugin.\"ID\"] with the whole dotted id", place_of(second.source(), file_));
                }
            }
        }
    }

    void plugin(const std::string& id, const toml::table& table) {
        auto& entry = out_.plugins[id];
        entry.name = entry.type = id;
        entry.place = header_place(table);
        flatten(table, {}, entry.settings);
    }

    // Only the header's line: a table goes on for many.
    Place header_place(const toml::table& table) const {
        auto place = place_of(table.source(), file_);
        if (place.end_line > place.line) place.end_line = place.line, place.end_column = 0;
        return place;
    }

    std::string file_;
    Merged& out_;
    Diagnostics& diagnostics_;
    bool ok_ = true;
};

}  // namespace

bool read_toml_layer(std::string_view text, const std::string& file, Merged& out, Diagnostics& diagnostics) {
    auto root = parse_toml(text, file, component, AVOCET_ERROR, diagnostics);
    return root && LayerReader(file, out, diagnostics).read(*root);
}

}  // namespace avocet::core
