// SPDX-License-Identifier: Apache-2.0
//
// Layered TOML configuration: built-in < /etc < user < --config < AVOCET_* < flags. Unknown keys are errors with line
// and column and a suggestion; all errors are reported at once. Plugins' options are validated against their schemas.
//
// Merging. A key of a later layer replaces the same key of an earlier one. A [[sink]] or a named [[route]] replaces the
// earlier layer's of that name as a whole; other routes are added. [plugin."ID"] tables merge key by key.
//
// AVOCET_<TABLE>_<KEY> sets the key of a table of the core ([run], [transport], [cache], [plugins]), e.g.
// AVOCET_TRANSPORT_SIZE_PER_CPU=4MiB; lists are separated by colons. An override is "key.path=value":
// "transport.kind=perf", "sink.NAME.path=/x", "route.NAME.queue.records=10", "plugin.probe.example.key=value".
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/options.h"
#include "config/paths.hpp"
#include "host/diagnostics.hpp"
#include "host/quantity.hpp"
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
    // kind: config/settings.hpp; 0: text that did not come from TOML, read as the option's type wants it.
    struct Setting {
        std::string key, text;
        std::vector<std::string> items;
        Place place;
        int kind = 0;
        Place value_place = {};  // of the value alone, where a file says so; `place` begins at the key
    };
    std::vector<Setting> settings;  // at most one for each key
};

struct Config {
    std::string frontend, backend;   // empty: by file name / the only one provided
    std::string transport = "ring";  // "ring" | "perf"
    uint64_t buffer_bytes_per_cpu = 8u << 20;
    uint32_t rings = 0;  // 0: by the number of CPUs
    uint64_t drain_interval_ns = 5'000'000;
    std::vector<std::filesystem::path> plugin_directories;  // before the built-in ones
    std::filesystem::path cache_directory;
    uint64_t cache_bytes = 64u << 20;
    bool cache_enabled = true;
    std::vector<SinkConfig> sinks;
    std::vector<RouteConfig> routes;
    std::map<std::string, SinkConfig> plugin_options;  // [plugin."probe.example"] tables by plugin id
    std::vector<std::filesystem::path> layers;         // files that were read, in order
};

// Reads every layer. nullopt: errors were reported; `partial` then has what could be read, to look for further ones.
std::optional<Config> load_config(const std::optional<std::filesystem::path>& extra_file,
                                  const std::vector<std::string>& overrides, Diagnostics& diagnostics,
                                  Config* partial = nullptr);

// Validates settings against a schema; defaults filled in, {placeholders} and ~/ of paths expanded; nullopt: all errors
// reported. Without `paths`: the tool is "avocet", the rest is now and here.
std::optional<OptionValues> validate_options(const avocet_factory& factory, const SinkConfig& settings,
                                             Diagnostics& diagnostics);
std::optional<OptionValues> validate_options(const avocet_factory& factory, const SinkConfig& settings,
                                             const PathValues& paths, Diagnostics& diagnostics);

// `file:path=/x,format=json` of --sink. The first word is the type; `name=` names it (default: the type). A key given
// twice makes a list; `\,` is a comma.
std::optional<SinkConfig> parse_sink_flag(std::string_view text, Diagnostics& diagnostics);
// `event,map@tool=x,probe=tracepoint:* -> archive,screen:records=1000,when_full=drop-oldest` of --route. No kinds or
// `*`: all; what stands after `@` and after `:` may be left out.
std::optional<RouteConfig> parse_route_flag(std::string_view text, Diagnostics& diagnostics);
// Add what flags gave. A sink whose name is only its type gets -2, -3 when that is taken; a name that was given and is
// taken is an error, as is a route to an unknown sink. false: reported.
bool add_sink(Config& config, SinkConfig sink, Diagnostics& diagnostics);
bool add_route(Config& config, RouteConfig route, Diagnostics& diagnostics);
// A sink that no route names gets everything, through a route called "all".
void route_the_rest(Config& config, const std::string& except = {});
// Which records go where, through which queue, as text.
std::string explain_graph(const Config& config);
// Sink types, [plugin."ID"] tables, frontend and backend that no plugin provides. false: reported, with suggestions.
bool check_plugins(const Config& config, const Registry& registry, Diagnostics& diagnostics);
// The same, and the options of every sink against its plugin's schema.
bool check_sinks(const Config& config, Registry& registry, Diagnostics& diagnostics);

// `avocet config sample`: every option of the core and of every discovered plugin, commented.
std::string sample_config(Registry& registry);
std::string_view policy_name(WhenFull policy);  // "drop-oldest"
// Valid TOML. Values of secret options are masked; without a registry, those of keys that sound secret.
std::string show_config(const Config& config, Registry* registry = nullptr);

}  // namespace avocet::core
