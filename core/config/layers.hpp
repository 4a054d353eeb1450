// SPDX-License-Identifier: Apache-2.0
//
// Where configuration comes from, in order of precedence, lowest first. load_config() takes the process's own; tests
// bring theirs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.hpp"

namespace avocet::core {

struct Sources {
    std::vector<std::filesystem::path> files;                      // may be missing
    std::optional<std::filesystem::path> extra_file;               // must be there
    std::vector<std::pair<std::string, std::string>> environment;  // AVOCET_* only
    std::vector<std::string> overrides;                            // "key.path=value"
    // (Name, text) of a layer below all files: what comes with the tool that is run.
    std::optional<std::pair<std::string, std::string>> defaults = {};
};

Sources process_sources(const std::optional<std::filesystem::path>& extra_file,
                        const std::vector<std::string>& overrides);
std::optional<Config> load_config(const Sources& sources, Diagnostics& diagnostics, Config* partial = nullptr);

// The two layers that are not TOML. false: reported.
void read_environment(const std::vector<std::pair<std::string, std::string>>& variables, Merged& out,
                      Diagnostics& diagnostics);
bool read_override(const std::string& text, Merged& out, Diagnostics& diagnostics);
// "AVOCET_TRANSPORT_KIND" for "transport.kind".
std::string variable_of(std::string_view key);

}  // namespace avocet::core
