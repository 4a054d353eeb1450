// SPDX-License-Identifier: Apache-2.0
//
// Sinks and routes of a run: from the configuration and the flags, or the default sink when there are none.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/application.hpp"
#include "route/router.hpp"
#include "session/stream.hpp"

namespace avocet::core {

struct OutputOptions {
    std::string format, file;
    std::vector<std::string> sinks, routes;
    bool quiet = false;
    bool top = false;                                           // the default sink as a live screen
    bool no_losses = false;                                     // the default sink is not told what was lost
    bool no_default = false;                                    // only what --sink and the configuration name
    std::vector<std::pair<std::string, std::string>> settings;  // further options of the default sink that it has
};

// Adds the flags to `config`, creates every sink and adds it with its routes to the router. Sinks that `before` has
// with the same settings are kept (a router in replacement). Exit code; not kExitOk: reported.
//
// `event_times`: set if a sink wants the times of events.
// `stream`: what a sink asks for that takes the events whole; no other sink may want them then.
// The default sink is there if the configuration names no sink, or a flag speaks of it (-o, -f); --sink adds to what
// the configuration says. --no-default-sink leaves it out.
int open_outputs(Application& app, Config& config, const Config* before, const OutputOptions& options,
                 const std::string& tool, Router& router, std::optional<StreamWish>& stream, bool& event_times);

}  // namespace avocet::core
