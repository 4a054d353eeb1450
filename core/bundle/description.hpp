// SPDX-License-Identifier: Apache-2.0
//
// bundle.toml: what a bundle is called, and what is in it. Untrusted input: every mistake is a reported diagnostic with
// its place, and all are reported at once. Format: sdk/docs/bundles.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/diagnostics.hpp"

namespace avocet::core {

struct BundleTool {
    std::string name, file, summary;  // file: a script or an object, where the bundle is made
    Place place;
};

struct BundlePath {
    std::string path;  // of a plugin's directory, a document, the defaults
    Place place;
};

struct BundleDescription {
    std::string name, version, summary, publisher, license;
    std::vector<BundleTool> tools;
    std::vector<BundlePath> plugins, docs;
    std::optional<BundlePath> defaults;

    const BundleTool* find_tool(std::string_view tool) const;
};

// nullopt: reported. `file` is what messages call it.
std::optional<BundleDescription> parse_description(std::string_view text, const std::string& file,
                                                   Diagnostics& diagnostics);

}  // namespace avocet::core
