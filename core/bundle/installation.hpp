// SPDX-License-Identifier: Apache-2.0
//
// Installed bundles: one directory each, NAME, below a bundles directory. A bundle is put there and replaced in one
// rename; what is there is checked again before each run, as far as the run uses it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bundle/bundle.hpp"

namespace avocet::core {

// Of one kind of user; directories need not exist.
struct BundleHome {
    std::filesystem::path bundles, keys;
};
BundleHome system_bundle_home();               // /usr/local/lib/avocet/bundles, /etc/avocet/trusted-keys
std::optional<BundleHome> user_bundle_home();  // below ~; nullopt: nobody knows where that is
std::vector<BundleHome> bundle_homes();        // the user's own first
std::vector<std::filesystem::path> key_directories(const std::vector<BundleHome>& homes);

// Writes the bundle as `bundles`/NAME, in place of one that is there. `allow_unsigned` is remembered for its runs.
// false: reported, and what was there is untouched.
bool install_bundle(const Bundle& bundle, const std::filesystem::path& bundles, bool allow_unsigned,
                    Diagnostics& diagnostics);
// false: reported.
bool remove_bundle(const std::filesystem::path& directory, Diagnostics& diagnostics);

struct InstalledBundle {
    std::filesystem::path directory;
    BundleDescription description;
    TrustVerdict verdict;
    std::string refusal;  // not empty: why its tools do not run, as far as MANIFEST and bundle.toml tell
};
// The first of that name; nullopt: none.
std::optional<std::filesystem::path> find_bundle(const std::string& name, const std::vector<BundleHome>& homes);
std::vector<std::string> bundle_names(const std::vector<BundleHome>& homes);
std::vector<InstalledBundle> list_bundles(const std::vector<BundleHome>& homes, Diagnostics& diagnostics);

// A tool with what runs along with it, verified: the signature of MANIFEST by a key trusted now (or the permission
// given when it was installed), nothing in the directory that MANIFEST lacks, and the bytes of the tool, the defaults
// and all plugins.
struct InstalledTool {
    std::string name, object;                                     // "acme/slow-opens"; ELF bytes
    std::vector<std::filesystem::path> plugins;                   // directories with a plugin.toml
    std::optional<std::pair<std::string, std::string>> defaults;  // file and text
};
// nullopt: reported.
std::optional<InstalledTool> open_installed_tool(const std::filesystem::path& directory, const std::string& tool,
                                                 const std::vector<TrustedKey>& keys, Diagnostics& diagnostics);

}  // namespace avocet::core
