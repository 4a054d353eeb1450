// SPDX-License-Identifier: Apache-2.0
//
// What the commands of `avocet bundle` share.
#pragma once

#include <filesystem>
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

// A vendor's directory, its scripts compiled to portable objects by the installed frontends. nullopt: reported.
std::optional<Bundle> compile_bundle(Application& app, const std::filesystem::path& directory, const BundleOptions& o,
                                     const SecretKey* key);
// `avocet bundle build`. Exit status.
int build_archive(Application& app, const BundleOptions& o);

}  // namespace avocet::core
