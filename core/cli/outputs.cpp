// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.hpp"

#include <algorithm>

#include "avocet/abi/sink.h"
#include "avocet/error.hpp"
#include "cli/exit_codes.hpp"

namespace avocet::core {

namespace {

bool has_option(const avocet_factory& factory, std::string_view name) {
    return std::any_of(factory.options, factory.options + factory.option_count, [&](const avocet_option& o) { return name == o.name; });
}

class Opener {
public:
    Opener(Application& app, const OutputOptions& options, const std::string& tool, Router& router)
        : app_(app), options_(options), tool_(tool), router_(router) {}

    int open() {
        std::vector<SinkConfig> sinks = app_.config().sinks;
        std::vector<RouteConfig> routes = app_.config().routes;
        if (!read_flags(sinks, routes)) return kExitUsage;
        if (sinks.empty() && !add_default(sinks)) return kExitPlugin;
        // A sink that no route mentions gets everything.
        for (const auto& sink : sinks) {
            bool routed = std::any_of(routes.begin(), routes.end(), [&](const RouteConfig& r) {
                return std::find(r.sinks.begin(), r.sinks.end(), sink.name) != r.sinks.end();
            });
            if (routed) continue;
            RouteConfig all;
            all.name = "all";
            all.sinks = {sink.name};
            routes.push_back(std::move(all));
        }
        for (const auto& route : routes)
            for (const auto& name : route.sinks)
                if (std::none_of(sinks.begin(), sinks.end(), [&](const SinkConfig& s) { return s.name == name; })) {
                    app_.diagnostics().error("config", "route '" + route.name + "': no sink is called '" + name + "'", {}, 116);
                    return kExitUsage;
                }
        for (auto& sink : sinks)
            if (int code = open_sink(sink); code != kExitOk) return code;
        for (auto& route : routes) router_.add_route(std::move(route));
        return kExitOk;
    }

private:
    bool read_flags(std::vector<SinkConfig>& sinks, std::vector<RouteConfig>& routes) {
        bool good = true;
        for (const auto& text : options_.sinks) {
            auto sink = parse_sink_flag(text, app_.diagnostics());
            if (!sink) good = false;
            else sinks.push_back(std::move(*sink));
        }
        for (const auto& text : options_.routes) {
            auto route = parse_route_flag(text, app_.diagnostics());
            if (!route) good = false;
            else routes.push_back(std::move(*route));
        }
        if (!options_.sinks.empty() && app_.config().sinks.empty()) good &= add_default(sinks);
        return good;
    }

    // The default sink carries the flags that speak of "the" output.
    bool add_default(std::vector<SinkConfig>& sinks) {
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
        sinks.push_back(std::move(sink));
        return true;
    }

    int open_sink(SinkConfig& settings) {
        Registry& registry = app_.host().registry();
        const Sidecar* sidecar = registry.find("sink", settings.type);
        if (!sidecar) {
            std::string near = closest(settings.type, registry.provided("sink"));
            app_.diagnostics().error("config", "sink '" + settings.name + "': no plugin provides the type '" + settings.type + "'",
                                     near.empty() ? "`avocet plugins` lists what is installed" : "did you mean '" + near + "'?", 115, settings.place);
            return kExitUsage;
        }
        const auto* loaded = registry.load(*sidecar);
        if (!loaded) return kExitPlugin;
        auto* factory = static_cast<const avocet_sink_factory*>(loaded->factory);
        auto options = validate_options(factory->base, settings, app_.diagnostics(), {tool_});
        if (!options) return kExitUsage;
        avocet_sink* sink = nullptr;
        if (factory->create(loaded->host, &options->abi(), &sink) != AVOCET_OK) return kExitIo;
        router_.add_sink(settings.name, factory, sink);
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
