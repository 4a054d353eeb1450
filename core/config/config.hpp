// SPDX-License-Identifier: Apache-2.0
//
// Layered TOML configuration: built-in < /etc < user < --config < AVOCET_* < flags. Unknown keys are errors with line
// and column and a suggestion; all errors are reported at once. Plugins' options are validated against their schemas.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/options.h"
#include "host/diagnostics.hpp"
#include "host/registry.hpp"
#include "route/router.hpp"

namespace avocet::core {

// Validated option values that own their storage; `abi()` is valid as long as this object.
class OptionValues {
public:
    const avocet_options& abi() const;
    struct Impl;
    std::shared_ptr<const Impl> impl;
};

struct SinkConfig {
    std::string name, type;
    Place place;
    // Raw settings, key (dotted) -> text as in TOML with its place; validated when the plugin's schema is known.
    struct Setting { std::string key, text; std::vector<std::string> items; Place place; int kind = 0; };
    std::vector<Setting> settings;
};

struct Config {
    std::string frontend, backend;   // empty: by file name / the only one provided
    std::string transport = "ring";  // "ring" | "perf"
    uint64_t buffer_bytes_per_cpu = 8u << 20;
    uint64_t drain_interval_ns = 5'000'000;
    std::vector<std::filesystem::path> plugin_directories;
    std::filesystem::path cache_directory;
    uint64_t cache_bytes = 64u << 20;
    bool cache_enabled = true;
    std::vector<SinkConfig> sinks;
    std::vector<RouteConfig> routes;
    std::map<std::string, SinkConfig> plugin_options;  // [plugin."probe.uprobe"] tables by plugin id
    std::vector<std::filesystem::path> layers;         // files that were read, in order
};

// Reads every layer. nullopt: errors were reported.
std::optional<Config> load_config(const std::optional<std::filesystem::path>& extra_file,
                                  const std::vector<std::string>& overrides, Diagnostics& diagnostics);

// Validates settings against a schema; defaults filled in; nullopt: all errors reported.
std::optional<OptionValues> validate_options(const avocet_factory& factory, const SinkConfig& settings, Diagnostics& diagnostics);

// `file:path=/x,format=json` of --sink. The first word is the type; `name=` names it.
std::optional<SinkConfig> parse_sink_flag(std::string_view text, Diagnostics& diagnostics);
// `event,map@tool=x -> archive,screen` of --route. See `avocet run --help`.
std::optional<RouteConfig> parse_route_flag(std::string_view text, Diagnostics& diagnostics);

// "100MiB", "64k", "5s", "250ms": nullopt if malformed or out of range.
std::optional<int64_t> parse_size(std::string_view text);
std::optional<int64_t> parse_duration_ns(std::string_view text);

// `avocet config sample`: every option of the core and of every discovered plugin, commented.
std::string sample_config(Registry& registry);
std::string show_config(const Config& config);

}  // namespace avocet::core
