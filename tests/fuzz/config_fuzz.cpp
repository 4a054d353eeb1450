// SPDX-License-Identifier: Apache-2.0
//
// Configuration, sidecar and flag texts: any bytes are a Config, a Sidecar or diagnostics; never a crash. What is
// accepted is shown and read back. Every reader gets every text. Link: avocet_config.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "config/core_settings.hpp"
#include "config/schema.hpp"
#include "config/toml_layer.hpp"
#include "host/sidecar.hpp"

namespace {

using namespace avocet::core;

// A plugin's schema with most types.
constexpr const char* choices[] = {"a", "b", nullptr};
constexpr avocet_option options[] = {
    {sizeof(avocet_option), AVOCET_OPTION_PATH, "path", nullptr, nullptr, nullptr, 0, 0, 0, 0, "p"},
    {sizeof(avocet_option), AVOCET_OPTION_ENUM, "format", nullptr, "a", choices, 0, 0, 0, 0, "f"},
    {sizeof(avocet_option), AVOCET_OPTION_SIZE, "rotate.size", nullptr, nullptr, nullptr, 1, 1 << 30, 0, 0, "s"},
    {sizeof(avocet_option), AVOCET_OPTION_DURATION, "every", nullptr, nullptr, nullptr, 0, 0, 0, 0, "d"},
    {sizeof(avocet_option), AVOCET_OPTION_LIST, "fields", nullptr, nullptr, nullptr, 0, 0, 0, 0, "l"},
};
constexpr avocet_factory factory{sizeof(avocet_factory), 5, AVOCET_SINK_1, "s", options};

void format_all(Diagnostics& diagnostics) {
    for (const auto& d : diagnostics.take()) (void)diagnostics.format(d, false);
}

void read_layer(std::string_view text, Diagnostics& diagnostics) {
    Merged merged;
    Config config;
    if (!read_toml_layer(text, "f", merged, diagnostics)) return;
    if (!read_core_settings(merged.core, config, diagnostics)) return;
    for (const auto& route : merged.routes) (void)read_route(route, diagnostics);
    config.sinks = merged.sinks;
    config.plugin_options = merged.plugins;
    for (const auto& sink : config.sinks)
        (void)validate_options(factory, sink, PathValues{"t", 0, 1, "h"}, diagnostics);
    Merged again;
    if (!read_toml_layer(show_config(config), "shown", again, diagnostics)) {
        diagnostics.flush(stderr, false);
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Diagnostics diagnostics;
    read_layer(text, diagnostics);
    (void)parse_sidecar(text, "/d/sink.x/plugin.toml", diagnostics);
    if (auto sink = parse_sink_flag(text, diagnostics))
        (void)validate_options(factory, *sink, PathValues{"t", 0, 1, "h"}, diagnostics);
    (void)parse_route_flag(text, diagnostics);
    format_all(diagnostics);
    return 0;
}
