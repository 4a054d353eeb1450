// SPDX-License-Identifier: Apache-2.0
//
// Layers to one Config: read all, merge, then validate what is left, so that every error is found in one go.
#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "avocet/error.hpp"
#include "config/codes.hpp"
#include "config/core_settings.hpp"
#include "config/layers.hpp"
#include "config/toml_layer.hpp"
#include "host/codes.hpp"
#include "host/ownership.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";
constexpr size_t largest_file_bytes = 4u << 20;

// false: reported. `read`: whether there was a file.
bool read_file_layer(const std::filesystem::path& path, bool required, Merged& out, bool& read,
                     Diagnostics& diagnostics) {
    FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        const int error = errno;
        if (!required && (error == ENOENT || error == ENOTDIR)) return true;
        diagnostics.error(component,
                          fmt::format("configuration '{}': {}", path.string(),
                                      error == ENOENT ? "does not exist" : errno_text(error)),
                          {}, error == ENOENT ? code::config_missing_file : code::file_unreadable);
        return false;
    }
    struct stat status {};
    if (fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode))
        if (auto why = check_ownership(status, "configuration", path.string()))
            diagnostics.warning(component, why->message, why->hint, code::config_unsafe_file);
    auto text = read_all(file, largest_file_bytes);
    if (!text) {
        diagnostics.error(component,
                          fmt::format("configuration '{}' cannot be read: {}", path.string(), errno_text(errno)), {},
                          code::file_unreadable);
        return false;
    }
    read = true;
    return read_toml_layer(*text, path.string(), out, diagnostics);
}

std::vector<std::string> sink_names(const std::vector<SinkConfig>& sinks) {
    std::vector<std::string> names;
    for (const auto& sink : sinks) names.push_back(sink.name);
    return names;
}

bool check_targets(const std::string& route, const std::vector<std::string>& targets,
                   const std::vector<SinkConfig>& sinks, const Place& place, Diagnostics& diagnostics) {
    const auto names = sink_names(sinks);
    const auto subject = route.empty() ? std::string("route") : fmt::format("route '{}'", route);
    bool ok = !targets.empty();
    if (!ok)
        diagnostics.error(component, fmt::format("{}: goes to no sink", subject), "name at least one in 'to'",
                          code::config_route, place);
    for (const auto& name : targets) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        auto near = closest(name, names);
        diagnostics.error(component, fmt::format("{}: there is no sink '{}'", subject, name),
                          !near.empty()   ? fmt::format("did you mean '{}'?", near)
                          : names.empty() ? "no sink is configured"
                                          : fmt::format("there are {}", fmt::join(names, ", ")),
                          code::config_route, place);
        ok = false;
    }
    return ok;
}

bool read_routes(const Merged& merged, Config& config, Diagnostics& diagnostics) {
    bool ok = true;
    for (const auto& settings : merged.routes) {
        auto route = read_route(settings, diagnostics);
        auto to = std::find_if(settings.settings.begin(), settings.settings.end(),
                               [](const Setting& s) { return s.key == "to"; });
        const bool has_target = to != settings.settings.end();
        const auto& place = has_target ? to->place : settings.place;
        const auto targets = route ? route->sinks : has_target ? words_of(*to) : std::vector<std::string>();
        // Of a route with mistakes too, unless the lack of a target was among them.
        if (route || !targets.empty())
            ok = check_targets(settings.name, targets, merged.sinks, place, diagnostics) && ok;
        if (!route) ok = false;
        if (!ok) continue;
        if (route->name.empty()) route->name = fmt::format("route-{}", config.routes.size() + 1);
        config.routes.push_back(std::move(*route));
    }
    return ok;
}

}  // namespace

Sources process_sources(const std::optional<std::filesystem::path>& extra_file,
                        const std::vector<std::string>& overrides) {
    Sources sources{{"/etc/avocet/avocet.toml"}, extra_file, {}, overrides};
    const char* config_home = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    if (config_home && *config_home == '/')
        sources.files.push_back(std::filesystem::path(config_home) / "avocet/avocet.toml");
    else if (home && *home == '/')
        sources.files.push_back(std::filesystem::path(home) / ".config/avocet/avocet.toml");
    for (char** variable = environ; variable && *variable; ++variable) {
        std::string_view text(*variable);
        auto equals = text.find('=');
        if (text.starts_with("AVOCET_") && equals != std::string_view::npos)
            sources.environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return sources;
}

std::optional<Config> load_config(const Sources& sources, Diagnostics& diagnostics, Config* partial) {
    Config config;
    Merged merged;
    bool ok = true;
    auto layer = [&](const std::filesystem::path& path, bool required) {
        bool read = false;
        ok = read_file_layer(path, required, merged, read, diagnostics) && ok;
        if (read) config.layers.push_back(path);
    };
    if (sources.defaults) {
        const auto& [name, text] = *sources.defaults;
        ok = read_toml_layer(text, name, merged, diagnostics);
        config.layers.push_back(name);
    }
    for (const auto& path : sources.files) layer(path, false);
    if (sources.extra_file) layer(*sources.extra_file, true);
    read_environment(sources.environment, merged, diagnostics);
    for (const auto& text : sources.overrides) ok = read_override(text, merged, diagnostics) && ok;

    ok = read_core_settings(merged.core, config, diagnostics) && ok;
    ok = read_routes(merged, config, diagnostics) && ok;
    config.sinks = std::move(merged.sinks);
    config.plugin_options = std::move(merged.plugins);
    if (ok) return config;
    if (partial) *partial = std::move(config);
    return std::nullopt;
}

std::optional<Config> load_config(const std::optional<std::filesystem::path>& extra_file,
                                  const std::vector<std::string>& overrides, Diagnostics& diagnostics,
                                  Config* partial) {
    return load_config(process_sources(extra_file, overrides), diagnostics, partial);
}

bool add_sink(Config& config, SinkConfig sink, Diagnostics& diagnostics) {
    auto taken = [&](const std::string& name) {
        return std::any_of(config.sinks.begin(), config.sinks.end(),
                           [&](const SinkConfig& s) { return s.name == name; });
    };
    if (taken(sink.name) && sink.name != sink.type) {
        diagnostics.error(component, fmt::format("sink '{}': the name is used twice", sink.name),
                          "give it another name", code::config_sink);
        return false;
    }
    for (int n = 2; taken(sink.name); ++n) sink.name = fmt::format("{}-{}", sink.type, n);
    config.sinks.push_back(std::move(sink));
    return true;
}

bool add_route(Config& config, RouteConfig route, Diagnostics& diagnostics) {
    if (!check_targets(route.name, route.sinks, config.sinks, {}, diagnostics)) return false;
    if (route.name.empty()) route.name = fmt::format("route-{}", config.routes.size() + 1);
    config.routes.push_back(std::move(route));
    return true;
}

}  // namespace avocet::core
