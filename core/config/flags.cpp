// SPDX-License-Identifier: Apache-2.0
//
// --sink and --route: one line each, for what is not worth a file.
#include <algorithm>

#include <fmt/format.h>

#include "config/codes.hpp"
#include "config/core_settings.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    for (size_t start = 0; start <= text.size();) {
        auto end = std::min(text.find(',', start), text.size());
        out.emplace_back(trim(text.substr(start, end - start)));
        start = end + 1;
    }
    return out;
}

// "a=1,b=x\,y" to ("a", "1"), ("b", "x,y"). A word without `=` is a flag: "true".
std::vector<std::pair<std::string, std::string>> assignments(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    std::string current;
    auto close = [&] {
        auto part = trim(current);
        auto equals = part.find('=');
        if (!part.empty())
            out.emplace_back(trim(part.substr(0, equals)),
                             equals == std::string_view::npos ? "true" : std::string(part.substr(equals + 1)));
        current.clear();
    };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '\\'))
            current += text[++i];
        else if (text[i] == ',')
            close();
        else
            current += text[i];
    }
    close();
    return out;
}

// A key given again makes a list of what was and what is.
void add(std::vector<Setting>& settings, std::string key, std::string value, const Place& place) {
    for (auto& setting : settings) {
        if (setting.key != key) continue;
        if (setting.items.empty()) setting.items.push_back(setting.text);
        setting.items.push_back(value);
        setting.kind = from_list;
        return;
    }
    settings.push_back({std::move(key), std::move(value), {}, place, from_text});
}

std::nullopt_t bad(Diagnostics& diagnostics, std::string message, std::string hint) {
    diagnostics.error(component, std::move(message), std::move(hint), code::config_flag);
    return std::nullopt;
}

void list_setting(std::vector<Setting>& settings, std::string key, std::string_view text, const Place& place) {
    settings.push_back({std::move(key), std::string(text), words(text), place, from_list});
}

}  // namespace

std::optional<SinkConfig> parse_sink_flag(std::string_view text, Diagnostics& diagnostics) {
    constexpr auto hint = "TYPE or TYPE:key=value,key=value";
    const auto colon = text.find(':');
    SinkConfig sink;
    sink.type = sink.name = trim(text.substr(0, colon));
    sink.place.file = "--sink " + std::string(text);
    if (sink.type.empty()) return bad(diagnostics, fmt::format("--sink '{}': names no type", text), hint);
    if (sink.type.find('=') != std::string::npos)
        return bad(diagnostics, fmt::format("--sink '{}': the type comes first", text), hint);
    for (auto& [key, value] :
         assignments(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1))) {
        if (key.empty()) return bad(diagnostics, fmt::format("--sink '{}': a value without a key", text), hint);
        if (key == "type") return bad(diagnostics, fmt::format("--sink '{}': the type is given twice", text), hint);
        if (key == "name" && value.empty())
            return bad(diagnostics, fmt::format("--sink '{}': its name is empty", text), {});
        if (key == "name")
            sink.name = std::move(value);
        else
            add(sink.settings, std::move(key), std::move(value), sink.place);
    }
    return sink;
}

std::optional<RouteConfig> parse_route_flag(std::string_view text, Diagnostics& diagnostics) {
    const auto arrow = text.find("->");
    if (arrow == std::string_view::npos)
        return bad(diagnostics, fmt::format("--route '{}': has no '->'", text), "as in 'event,map -> screen'");
    auto from = trim(text.substr(0, arrow)), to = trim(text.substr(arrow + 2));
    SinkConfig settings;
    settings.place.file = "--route " + std::string(text);

    const auto at = from.find('@');
    auto kinds = trim(from.substr(0, at));
    if (!kinds.empty() && kinds != "*") list_setting(settings.settings, "match.kind", kinds, settings.place);
    for (auto& [key, value] : assignments(at == std::string_view::npos ? std::string_view() : from.substr(at + 1)))
        add(settings.settings, "match." + key, std::move(value), settings.place);

    const auto colon = to.find(':');
    auto sinks = trim(to.substr(0, colon));
    if (sinks.empty())
        return bad(diagnostics, fmt::format("--route '{}': names no sink", text), "write the sinks after '->'");
    list_setting(settings.settings, "to", sinks, settings.place);
    for (auto& [key, value] :
         assignments(colon == std::string_view::npos ? std::string_view() : to.substr(colon + 1))) {
        if (key == "name")
            settings.name = std::move(value);
        else if (key.find('.') != std::string::npos || key == "drop" || key == "hash_key")
            add(settings.settings, std::move(key), std::move(value), settings.place);
        else
            add(settings.settings, "queue." + key, std::move(value), settings.place);
    }
    return read_route(settings, diagnostics);
}

}  // namespace avocet::core
