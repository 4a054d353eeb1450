// SPDX-License-Identifier: Apache-2.0
//
// Does a plugin stand behind every name in the configuration?
#include <algorithm>

#include <fmt/format.h>

#include "avocet/abi/sink.h"
#include "config/codes.hpp"
#include "config/config.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
    auto near = closest(word, names);
    if (!near.empty()) return fmt::format("did you mean '{}'?", near);
    return names.empty() ? "no plugin was found; is the plugin directory right?"
                         : fmt::format("there are {}", fmt::join(names, ", "));
}

bool check_name(const Registry& registry, std::string_view kind, const std::string& name, const std::string& subject,
                const Place& place, Diagnostics& diagnostics) {
    if (name.empty() || registry.find(kind, name)) return true;
    diagnostics.error(component, fmt::format("{}no plugin provides the {} '{}'", subject, kind, name),
                      suggestion(name, registry.provided(kind)), code::config_unknown_plugin, place);
    return false;
}

}  // namespace

bool check_plugins(const Config& config, const Registry& registry, Diagnostics& diagnostics) {
    bool ok = check_name(registry, "frontend", config.frontend, {}, {}, diagnostics);
    ok = check_name(registry, "backend", config.backend, {}, {}, diagnostics) && ok;
    for (const auto& sink : config.sinks)
        ok = check_name(registry, "sink", sink.type,
                        sink.name == sink.type ? std::string() : fmt::format("sink '{}': ", sink.name), sink.place,
                        diagnostics) &&
             ok;
    std::vector<std::string> ids;
    for (const auto& sidecar : registry.sidecars()) ids.push_back(sidecar.id);
    for (const auto& [id, options] : config.plugin_options) {
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
        diagnostics.error(component, fmt::format("there is no plugin '{}'", id), suggestion(id, ids),
                          code::config_unknown_plugin, options.place);
        ok = false;
    }
    return ok;
}

bool check_sinks(const Config& config, Registry& registry, Diagnostics& diagnostics) {
    bool ok = check_plugins(config, registry, diagnostics);
    for (const auto& sink : config.sinks) {
        const Sidecar* sidecar = registry.find("sink", sink.type);
        const auto* loaded = sidecar ? registry.load(*sidecar) : nullptr;
        const auto* factory = loaded ? static_cast<const avocet_sink_factory*>(loaded->factory) : nullptr;
        ok = factory && validate_options(factory->base, sink, PathValues::now(), diagnostics) && ok;
    }
    return ok;
}

}  // namespace avocet::core
