// SPDX-License-Identifier: Apache-2.0
//
// Sinks and routes of a run: from the configuration and the flags, or the default sink when there are none.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/application.hpp"
#include "route/router.hpp"

namespace avocet::core {

struct OutputOptions {
    std::string format, file;
    std::vector<std::string> sinks, routes;
    bool quiet = false;
    std::vector<std::pair<std::string, std::string>> settings;  // further options of the default sink that it has
};

// Creates every sink and adds it with its routes to the router. Exit code; not kExitOk: reported.
int open_outputs(Application& app, const OutputOptions& options, const std::string& tool, Router& router);

}  // namespace avocet::core
