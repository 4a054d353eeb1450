// SPDX-License-Identifier: Apache-2.0
//
// The core's own settings, as option schemas: what plugins are checked by, the core is checked by.
#pragma once

#include <optional>

#include "config/schema.hpp"

namespace avocet::core {

const Schema& core_schema();   // "run.backend", ...
const Schema& route_schema();  // of one [[route]]

// Fills `config` from validated settings of core_schema(). false: reported.
bool read_core_settings(const std::vector<Setting>& settings, Config& config, Diagnostics& diagnostics);
// A route from its settings; its sinks are not looked up. nullopt: reported.
std::optional<RouteConfig> read_route(const SinkConfig& settings, Diagnostics& diagnostics);

// $XDG_CACHE_HOME/avocet, ~/.cache/avocet, or /var/cache/avocet without a home.
std::filesystem::path default_cache_directory();

}  // namespace avocet::core
