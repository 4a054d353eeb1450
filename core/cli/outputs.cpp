// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.hpp"

#include <algorithm>

#include "avocet/abi/event_times.h"
#include "avocet/abi/sink.h"
#include "avocet/error.hpp"
#include "cli/exit_codes.hpp"
#include "host/confinement.hpp"

namespace avocet::core {

namespace {

class Opener {
public:
    Opener(Application& app, Config& config, const Config* before, const OutputOptions& options,
           const std::string& tool, Router& router, std::optional<StreamWish>& stream, bool& event_times)
        : app_(app),
          config_(config),
          before_(before),
          options_(options),
          tool_(tool),
          router_(router),
          stream_(stream),
          event_times_(event_times) {}

    int open() {
        Config& config = config_;
        const bool asked = !options_.format.empty() || !options_.file.empty() || options_.top;
        const bool wants_default = !options_.no_default && (config.sinks.empty() || asked);
        if (!read_flags(config)) return kExitUsage;
        if (wants_default && !add_default(config)) return kExitPlugin;
        if (config.sinks.empty()) {
            app_.diagnostics().error("core", "there is no output", "name one with --sink", 117);
            return kExitUsage;
        }
        if (!read_route_flags(config)) return kExitUsage;
        if (int code = open_all(config); code != kExitOk) return code;
        if (stream_) {
            if (wants_default) route_default(config, "all but events", {"map", "loss", "lifecycle", "error"});
            if (!only_one_wants_events(config)) return kExitUsage;
        }
        if (wants_default && options_.no_losses && !stream_)
            route_default(config, "all but losses", {"event", "map", "lifecycle", "error"});
        route_the_rest(config, stream_ ? stream_->sink : std::string());
        bool good = true;
        for (const auto& route : config.routes) good = router_.add_route(route) && good;
        return good ? kExitOk : kExitIo;
    }

private:
    bool read_flags(Config& config) {
        bool good = true;
        for (const auto& text : options_.sinks) {
            auto sink = parse_sink_flag(text, app_.diagnostics());
            good = sink && add_sink(config, std::move(*sink), app_.diagnostics()) && good;
        }
        return good;
    }

    // After all sinks are known, the default one included.
    bool read_route_flags(Config& config) {
        bool good = true;
        for (const auto& text : options_.routes) {
            auto route = parse_route_flag(text, app_.diagnostics());
            good = route && add_route(config, std::move(*route), app_.diagnostics()) && good;
        }
        return good;
    }

    bool is_kept(const SinkConfig& sink) const {
        if (!before_) return false;
        auto same = [](const SinkConfig::Setting& a, const SinkConfig::Setting& b) {
            return a.key == b.key && a.text == b.text && a.items == b.items;
        };
        return std::any_of(before_->sinks.begin(), before_->sinks.end(), [&](const SinkConfig& old) {
            return old.name == sink.name && old.type == sink.type &&
                   std::equal(old.settings.begin(), old.settings.end(), sink.settings.begin(), sink.settings.end(),
                              same);
        });
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

    // The default sink, which nobody named, is content with less: with what a stream does not carry, say.
    void route_default(Config& config, const char* name_of_route, std::vector<std::string> kinds) {
        const std::string& name = config.sinks.back().name;
        const bool routed = std::any_of(config.routes.begin(), config.routes.end(), [&](const RouteConfig& r) {
            return std::find(r.sinks.begin(), r.sinks.end(), name) != r.sinks.end();
        });
        if (routed) return;
        RouteConfig rest;
        rest.name = name_of_route;
        rest.match.kinds = std::move(kinds);
        rest.sinks = {name};
        config.routes.push_back(std::move(rest));
    }

    // Of routes and sinks beside the one that takes the stream.
    bool only_one_wants_events(const Config& config) {
        const size_t errors = app_.diagnostics().error_count();
        const std::string taken = ", which sink '" + stream_->sink + "' takes whole";
        for (const auto& sink : config.sinks) {
            bool routed = false;
            for (const auto& route : config.routes) {
                if (std::find(route.sinks.begin(), route.sinks.end(), sink.name) == route.sinks.end()) continue;
                routed = true;
                const auto& kinds = route.match.kinds;
                if (sink.name == stream_->sink)
                    app_.diagnostics().error("config",
                                             "sink '" + sink.name + "': takes the events whole, no route leads to it",
                                             "take it out of route '" + route.name + "'", 130, sink.place);
                else if (kinds.empty() || std::find(kinds.begin(), kinds.end(), "event") != kinds.end())
                    wants_events(sink, taken);
            }
            if (!routed && sink.name != stream_->sink) wants_events(sink, taken);
        }
        return app_.diagnostics().error_count() == errors;
    }

    void wants_events(const SinkConfig& sink, const std::string& taken) {
        app_.diagnostics().error("config", "sink '" + sink.name + "': wants events" + taken,
                                 "give it the rest: --route 'map,loss,lifecycle,error -> " + sink.name + "'", 130,
                                 sink.place);
    }

    int take_stream(const SinkConfig& settings, const avocet_sink_stream& extension, avocet_sink* sink) {
        avocet_stream_request wanted{};
        wanted.struct_size = sizeof wanted;
        if (extension.request(sink, &wanted) != AVOCET_OK) return kExitIo;
        if (stream_) {
            app_.diagnostics().error(
                "config", "sink '" + settings.name + "': wants events, which sink '" + stream_->sink + "' takes whole",
                "one reader takes a stream: leave one of them out", 130, settings.place);
            return kExitUsage;
        }
        stream_ = StreamWish{settings.name, string(wanted.directory), wanted.mode,
                             wanted.group,  wanted.end_wait_ns,       wanted.wake_bytes};
        return kExitOk;
    }

    // All of them, so that all that is wrong is told at once; the first that cannot be opened decides the exit code.
    int open_all(Config& config) {
        int first = kExitOk;
        for (auto& sink : config.sinks) {
            if (is_kept(sink)) {
                router_.keep_sink(sink.name);
                continue;
            }
            const int code = open_sink(sink);
            if (code == kExitIo && sink.place.line)  // the plugin has told why, and knows no places
                app_.diagnostics().error("config", "sink '" + sink.name + "': cannot be opened", {}, 131, sink.place);
            if (first == kExitOk) first = code;
        }
        return first;
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
        if (auto* times = loaded->extension<avocet_sink_event_times>(AVOCET_SINK_EVENT_TIMES_1))
            event_times_ |= times->wanted(sink) != 0;
        auto* extension = loaded->extension<avocet_sink_stream>(AVOCET_SINK_STREAM_1);
        return extension ? take_stream(settings, *extension, sink) : kExitOk;
    }

    Application& app_;
    Config& config_;
    const Config* before_;
    const OutputOptions& options_;
    const std::string& tool_;
    Router& router_;
    std::optional<StreamWish>& stream_;
    bool& event_times_;
};

}  // namespace

int open_outputs(Application& app, Config& config, const Config* before, const OutputOptions& options,
                 const std::string& tool, Router& router, std::optional<StreamWish>& stream, bool& event_times) {
    return Opener(app, config, before, options, tool, router, stream, event_times).open();
}

}  // namespace avocet::core
