// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.hpp"

#include <algorithm>

#include "avocet/abi/sink.h"
#include "avocet/error.hpp"
#include "cli/exit_codes.hpp"
#include "host/confinement.hpp"

namespace avocet::core {

namespace {

class Opener {
public:
    Opener(Application& app, const OutputOptions& options, const std::string& tool, Router& router)
        : app_(app), options_(options), tool_(tool), router_(router) {}

    int open() {
        Config& config = app_.config();
        bool had_sinks = !config.sinks.empty();
        if (!read_flags(config)) return kExitUsage;
        if (!had_sinks && !add_default(config)) return kExitPlugin;
        // A sink that no route mentions gets everything.
        for (const auto& sink : config.sinks) {
            bool routed = std::any_of(config.routes.begin(), config.routes.end(), [&](const RouteConfig& r) {
                return std::find(r.sinks.begin(), r.sinks.end(), sink.name) != r.sinks.end();
            });
            if (routed) continue;
            RouteConfig all;
            all.name = "all";
            all.sinks = {sink.name};
            config.routes.push_back(std::move(all));
        }
        for (auto& sink : config.sinks)
            if (int code = open_sink(sink); code != kExitOk) return code;
        for (const auto& route : config.routes) router_.add_route(route);
        return kExitOk;
    }

private:
    bool read_flags(Config& config) {
        bool good = true;
        for (const auto& text : options_.sinks) {
            auto sink = parse_sink_flag(text, app_.diagnostics());
            good = sink && add_sink(config, std::move(*sink), app_.diagnostics()) && good;
        }
        for (const auto& text : options_.routes) {
            auto route = parse_route_flag(text, app_.diagnostics());
            good = route && add_route(config, std::move(*route), app_.diagnostics()) && good;
        }
        return good;
    }

    // The default sink carries the flags that speak of "the" output.
    bool add_default(Config& config) {
        const Sidecar* sidecar = app_.host().registry().find_default("sink");
        if (!sidecar || sidecar->provides.empty()) {
            app_.diagnostics().error("core", "no default sink is installed", "name one with --sink", 117);
            return false;
        }
        SinkConfig sink;
        sink.type = sink.name = sidecar->provides.front();
        auto set = [&](const char* key, const std::string& text) { sink.settings.push_back({key, text, {}, {}, 0}); };
        if (!options_.format.empty()) set("format", options_.format);
        if (!options_.file.empty()) set("output", options_.file);
        if (options_.quiet) set("quiet", "true");
        for (const auto& [key, text] : options_.settings) set(key.c_str(), text);
        return add_sink(config, std::move(sink), app_.diagnostics());
    }

    int open_sink(SinkConfig& settings) {
        Registry& registry = app_.host().registry();
        const Sidecar* sidecar = registry.find("sink", settings.type);
        if (!sidecar) {
            std::string near = closest(settings.type, registry.provided("sink"));
            app_.diagnostics().error(
                "config", "sink '" + settings.name + "': no plugin provides the type '" + settings.type + "'",
                near.empty() ? "`avocet plugins` lists what is installed" : "did you mean '" + near + "'?", 115,
                settings.place);
            return kExitUsage;
        }
        const auto* loaded = registry.load(*sidecar);
        if (!loaded) return kExitPlugin;
        auto* factory = static_cast<const avocet_sink_factory*>(loaded->factory);
        auto options = validate_options(factory->base, settings, PathValues::now(tool_), app_.diagnostics());
        if (!options) return kExitUsage;
        avocet_sink* sink = nullptr;
        if (factory->create(loaded->host, &options->abi(), &sink) != AVOCET_OK) return kExitIo;
        router_.add_sink(settings.name, factory, sink, [this_app = &app_, needs = *sidecar] {
            std::string why;
            if (!confine_thread(needs, why))
                this_app->diagnostics().warning("core.host",
                                                "sink '" + needs.id + "': its needs are not enforced: " + why,
                                                "the kernel needs CONFIG_SECCOMP_FILTER", 328);
        });
        return kExitOk;
    }

    Application& app_;
    const OutputOptions& options_;
    const std::string& tool_;
    Router& router_;
};

}  // namespace

int open_outputs(Application& app, const OutputOptions& options, const std::string& tool, Router& router) {
    return Opener(app, options, tool, router).open();
}

}  // namespace avocet::core
