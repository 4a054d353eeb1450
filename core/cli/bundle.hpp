// SPDX-License-Identifier: Apache-2.0
//
// What the commands of `avocet bundle` share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.hpp"
#include "cli/application.hpp"

namespace avocet::core {

struct BundleOptions {
    std::string file, output, key, trust, name;
    std::vector<std::string> include_dirs;
    bool unsafe = false, allow_unsigned = false, user = false;
};

// `avocet bundle build`: a vendor's directory, its scripts compiled to portable objects by the installed frontends,
// with the probes of its own plugins too: their code is loaded, which no other command does. Starts the application.
// Exit status.
int build_archive(Application& app, const BundleOptions& o);
// With the capabilities of the execution engine that is installed.
std::string describe_here(Application& app, const Bundle& bundle);

}  // namespace avocet::core
