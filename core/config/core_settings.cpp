// SPDX-License-Identifier: Apache-2.0
#include "config/core_settings.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "avocet/options.hpp"
#include "config/codes.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";

constexpr const char* transports[] = {"ring", "perf", nullptr};
constexpr const char* policies[] = {"block", "drop-oldest", "drop-newest", nullptr};

constexpr std::array<avocet_option, 10> core_options{
    option(AVOCET_OPTION_STRING, "run.frontend", nullptr, "language of the source text; without it, by file name"),
    option(AVOCET_OPTION_STRING, "run.backend", nullptr, "execution engine; without it, the only one there is"),
    enum_option("transport.kind", transports, "ring",
                "ring: BPF ring buffers; perf: one perf buffer for each CPU, for kernels before 5.8"),
    option(AVOCET_OPTION_SIZE, "transport.size_per_cpu", "8MiB", "buffer between kernel and user space, for each CPU",
           "bytes", 4096, int64_t{4} << 30),
    option(AVOCET_OPTION_INT, "transport.rings", "0",
           "ring buffers that the CPUs share, rounded up to a power of two; 0: one for up to 8 CPUs", nullptr, 0, 1024),
    option(AVOCET_OPTION_DURATION, "transport.drain_interval", "5ms", "longest time a sample waits in the buffer", "ns",
           100'000, 10'000'000'000),
    option(AVOCET_OPTION_PATH, "cache.directory", nullptr, "compiled programs; without it, $XDG_CACHE_HOME/avocet"),
    option(AVOCET_OPTION_SIZE, "cache.size", "64MiB", "what the cache may grow to", "bytes", 0,
           std::numeric_limits<int64_t>::max()),
    option(AVOCET_OPTION_BOOL, "cache.enabled", "true", "keep compiled programs for the next run"),
    option(AVOCET_OPTION_LIST, "plugins.directories", nullptr, "searched before the built-in plugin directories"),
};

constexpr std::array<avocet_option, 8> route_options{
    option(AVOCET_OPTION_STRING, "name", nullptr, "a later layer's route of the same name replaces this one"),
    option(AVOCET_OPTION_LIST, "match.kind", nullptr, "event, map, loss, lifecycle, error; without it, all"),
    option(AVOCET_OPTION_LIST, "match.tool", nullptr, "tools, patterns with *"),
    option(AVOCET_OPTION_LIST, "match.probe", nullptr, "probes, patterns with *"),
    option(AVOCET_OPTION_LIST, "match.map", nullptr, "maps, patterns with *"),
    option(AVOCET_OPTION_LIST, "to", nullptr, "names of sinks", nullptr, 0, 0, AVOCET_OPTION_REQUIRED),
    option(AVOCET_OPTION_INT, "queue.records", "65536", "records that may wait for the sink", "records", 1,
           int64_t{1} << 31),
    enum_option("queue.when_full", policies, "block", "block waits; the others drop and count"),
};

template <size_t N>
Schema schema(const std::array<avocet_option, N>& options) {
    Schema out;
    for (const auto& o : options) out.push_back(&o);
    return out;
}

std::filesystem::path home_relative(const std::string& path) {
    std::string out = path;
    if (path.starts_with("~/"))
        if (const char* home = std::getenv("HOME"); home && *home) out = home + path.substr(1);
    return out;
}

bool check_kinds(const RouteConfig& route, const std::string& subject, const std::vector<Setting>& settings,
                 const Place& otherwise, Diagnostics& diagnostics) {
    static const std::vector<std::string> kinds{"event", "map", "loss", "lifecycle", "error"};
    bool ok = true;
    auto setting =
        std::find_if(settings.begin(), settings.end(), [](const Setting& s) { return s.key == "match.kind"; });
    for (const auto& kind : route.match.kinds) {
        if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) continue;
        auto near = closest(kind, kinds);
        diagnostics.error(
            component, fmt::format("{}: there are no records of kind '{}'", subject, kind),
            near.empty() ? fmt::format("one of {}", fmt::join(kinds, ", ")) : fmt::format("did you mean '{}'?", near),
            code::config_route, setting == settings.end() ? otherwise : setting->place);
        ok = false;
    }
    return ok;
}

}  // namespace

const Schema& core_schema() {
    static const Schema s = schema(core_options);
    return s;
}

const Schema& route_schema() {
    static const Schema s = schema(route_options);
    return s;
}

std::filesystem::path default_cache_directory() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
        return std::filesystem::path(cache) / "avocet";
    if (const char* home = std::getenv("HOME"); home && *home == '/')
        return std::filesystem::path(home) / ".cache/avocet";
    return "/var/cache/avocet";
}

bool read_core_settings(const std::vector<Setting>& settings, Config& config, Diagnostics& diagnostics) {
    auto valid = validate(core_schema(), settings, {}, PathValues::now(), diagnostics);
    if (!valid) return false;
    Options values(core_options, &valid->options);
    config.frontend = values.text("run.frontend");
    config.backend = values.text("run.backend");
    config.transport = values.text("transport.kind");
    config.buffer_bytes_per_cpu = values.size_bytes("transport.size_per_cpu");
    config.rings = static_cast<uint32_t>(values.integer("transport.rings"));
    config.drain_interval_ns = values.duration_ns("transport.drain_interval");
    config.cache_directory = values.is_set("cache.directory") ? std::filesystem::path(values.text("cache.directory"))
                                                              : default_cache_directory();
    config.cache_bytes = values.size_bytes("cache.size");
    config.cache_enabled = values.boolean("cache.enabled");
    for (const auto& directory : values.list("plugins.directories"))
        config.plugin_directories.push_back(home_relative(directory));
    return true;
}

std::optional<RouteConfig> read_route(const SinkConfig& settings, Diagnostics& diagnostics) {
    const auto subject = settings.name.empty() ? std::string("route") : "route '" + settings.name + "'";
    auto valid = validate(route_schema(), settings.settings, {subject, settings.name, settings.place},
                          PathValues::now(), diagnostics);
    if (!valid) return std::nullopt;
    Options values(route_options, &valid->options);
    RouteConfig route;
    route.name = settings.name;
    route.match = {values.list("match.kind"), values.list("match.tool"), values.list("match.probe"),
                   values.list("match.map")};
    route.sinks = values.list("to");
    route.queue_records = static_cast<uint64_t>(values.integer("queue.records"));
    const auto policy = values.text("queue.when_full");
    route.when_full = policy == "block"         ? WhenFull::block
                      : policy == "drop-oldest" ? WhenFull::drop_oldest
                                                : WhenFull::drop_newest;
    if (!check_kinds(route, subject, settings.settings, settings.place, diagnostics)) return std::nullopt;
    return route;
}

}  // namespace avocet::core
