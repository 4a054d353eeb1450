// SPDX-License-Identifier: Apache-2.0
//
// The layers above the files: AVOCET_* variables and "key.path=value" overrides.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "config/codes.hpp"
#include "config/core_settings.hpp"
#include "config/layers.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";

const avocet_option* core_option(std::string_view key) {
    const auto& schema = core_schema();
    auto found = std::find_if(schema.begin(), schema.end(), [&](const avocet_option* o) { return key == o->name; });
    return found == schema.end() ? nullptr : *found;
}

// The entry whose name is the longest prefix of `rest` up to a dot; `rest` is left with what follows.
SinkConfig* named(std::vector<SinkConfig>& entries, std::string_view& rest) {
    SinkConfig* best = nullptr;
    for (auto& entry : entries)
        if (!entry.name.empty() && rest.starts_with(entry.name + '.') &&
            (!best || entry.name.size() > best->name.size()))
            best = &entry;
    if (best) rest.remove_prefix(best->name.size() + 1);
    return best;
}

// `"a.b".key` or `a.b.key`: an id has two words unless it is quoted.
SinkConfig* plugin(Merged& out, std::string_view& rest, const Place& place) {
    std::string_view id;
    if (rest.starts_with('"')) {
        auto end = rest.find('"', 1);
        if (end == std::string_view::npos || !rest.substr(end + 1).starts_with('.')) return nullptr;
        id = rest.substr(1, end - 1);
        rest.remove_prefix(end + 2);
    } else {
        auto first = rest.find('.');
        auto second = first == std::string_view::npos ? first : rest.find('.', first + 1);
        if (second == std::string_view::npos) return nullptr;
        id = rest.substr(0, second);
        rest.remove_prefix(second + 1);
    }
    auto [entry, fresh] = out.plugins.try_emplace(std::string(id));
    if (fresh) entry->second.name = entry->second.type = id, entry->second.place = place;
    return &entry->second;
}

bool bad(Diagnostics& diagnostics, std::string message, std::string hint) {
    diagnostics.error(component, std::move(message), std::move(hint), code::config_override);
    return false;
}

bool override_named(const std::string& what, std::vector<SinkConfig>& entries, std::string_view rest, Setting setting,
                    Diagnostics& diagnostics) {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(entry.name);
    const std::string wanted(rest.substr(0, rest.find('.')));
    auto* entry = named(entries, rest);
    if (!entry) {
        auto near = closest(wanted, names);
        return bad(diagnostics, fmt::format("override '{}': there is no {} '{}'", setting.place.file, what, wanted),
                   near.empty() ? fmt::format("only a {} of a configuration file can be changed", what)
                                : fmt::format("did you mean '{}'?", near));
    }
    if (rest == "name")
        return bad(diagnostics, fmt::format("override '{}': a name cannot be changed", setting.place.file), {});
    if (what == "sink" && rest == "type") {
        entry->type = setting.text;
        return true;
    }
    setting.key = rest;
    put(entry->settings, std::move(setting));
    return true;
}

}  // namespace

std::string variable_of(std::string_view key) {
    std::string name = "AVOCET_";
    for (char c : key) name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

void read_environment(const std::vector<std::pair<std::string, std::string>>& variables, Merged& out,
                      Diagnostics& diagnostics) {
    std::vector<std::string> known;
    for (const auto* option : core_schema()) known.push_back(variable_of(option->name));
    for (const auto& [name, value] : variables) {
        auto at = std::find(known.begin(), known.end(), name);
        if (at == known.end()) {
            auto near = closest(name, known);
            diagnostics.warning(component, fmt::format("environment variable '{}': nothing reads it", name),
                                near.empty() ? std::string() : fmt::format("did you mean '{}'?", near),
                                code::config_unknown_variable);
            continue;
        }
        if (value.empty()) continue;  // as if it were not set
        const auto* option = core_schema()[static_cast<size_t>(at - known.begin())];
        Setting setting{option->name, value, {}, Place{name, 0, 0, 0, 0}, from_text};
        if (option->type == AVOCET_OPTION_LIST) setting.items = split_list(value, ':');
        put(out.core, std::move(setting));
    }
}

bool read_override(const std::string& text, Merged& out, Diagnostics& diagnostics) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return bad(diagnostics, fmt::format("override '{}': is not KEY=VALUE", text), "as in transport.kind=perf");
    std::string_view key = std::string_view(text).substr(0, equals);
    Setting setting{std::string(key), text.substr(equals + 1), {}, Place{text, 0, 0, 0, 0}, from_text};
    auto table = key.substr(0, key.find('.'));
    auto rest = table.size() < key.size() ? key.substr(table.size() + 1) : std::string_view();
    if (table == "sink") return override_named("sink", out.sinks, rest, std::move(setting), diagnostics);
    if (table == "route") return override_named("route", out.routes, rest, std::move(setting), diagnostics);
    if (table == "plugin") {
        auto* entry = plugin(out, rest, setting.place);
        if (!entry || rest.empty())
            return bad(diagnostics, fmt::format("override '{}': names no plugin's option", text),
                       "as in plugin.probe.example.key=value");
        setting.key = rest;
        put(entry->settings, std::move(setting));
        return true;
    }
    if (const auto* option = core_option(key);
        option && option->type == AVOCET_OPTION_LIST && setting.text.find(',') == std::string::npos)
        setting.items = split_list(setting.text, ':');
    put(out.core, std::move(setting));
    return true;
}

}  // namespace avocet::core
