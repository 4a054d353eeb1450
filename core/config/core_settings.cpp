// SPDX-License-Identifier: Apache-2.0
#include "config/core_settings.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "avocet/options.hpp"

namespace avocet::core {
namespace {

constexpr const char* transports[] = {"ring", "perf", nullptr};

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

std::filesystem::path home_relative(const std::string& path) {
    std::string out = path;
    if (path.starts_with("~/"))
        if (const char* home = std::getenv("HOME"); home && *home) out = home + path.substr(1);
    return out;
}

}  // namespace

const Schema& core_schema() {
    static const Schema schema = schema_of(core_options);
    return schema;
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

}  // namespace avocet::core
