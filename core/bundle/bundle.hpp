// SPDX-License-Identifier: Apache-2.0
//
// A whole bundle: from a vendor's directory, or from an archive, to files that agree with bundle.toml and with
// MANIFEST.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bundle/description.hpp"
#include "bundle/files.hpp"
#include "bundle/keys.hpp"
#include "bundle/trust.hpp"
#include "host/diagnostics.hpp"

namespace avocet::core {

struct Bundle {
    BundleDescription description;
    BundleFiles files;  // with MANIFEST, and MANIFEST.sig if it is signed
};

// The portable object of a script; nullopt: reported.
using CompileTool = std::function<std::optional<std::string>(const BundleTool&)>;

// Everything that `directory`/bundle.toml names: scripts compiled, objects, plugins and defaults checked; MANIFEST
// made, and signed if there is a key. nullopt: all mistakes were reported.
std::optional<Bundle> build_bundle(const std::filesystem::path& directory, const CompileTool& compile,
                                   const SecretKey* key, Diagnostics& diagnostics);

// Files of an archive or a directory as a bundle: MANIFEST fits every file, bundle.toml names only what is there, tools
// are programs, plugins and defaults can be used. Nothing is said about the signature. nullopt: reported.
std::optional<Bundle> open_bundle(BundleFiles files, const std::string& name, Diagnostics& diagnostics);
// Every file below a directory that was built or installed. nullopt: reported.
std::optional<BundleFiles> read_bundle_directory(const std::filesystem::path& directory, Diagnostics& diagnostics);

// Whose signature MANIFEST has. That every file is as it says is for open_bundle() to find out.
TrustVerdict judge_files(const BundleFiles& files, const std::vector<TrustedKey>& keys);

// Defaults are a fragment of avocet.toml: [run], [transport], [[sink]], [[route]], [plugin."ID"], and nothing that says
// where plugins or caches are. false: reported.
bool check_defaults(const std::string& text, const std::string& file, Diagnostics& diagnostics);

// What it is, what it holds and what that needs, as text. `capabilities`: of the execution engine that runs its tools.
std::string describe_bundle(const Bundle& bundle, const std::vector<std::string>& capabilities);

}  // namespace avocet::core
