// SPDX-License-Identifier: Apache-2.0
//
// What every command needs: diagnostics, configuration, plugins. Built in steps, so that a command pays only for what
// it uses.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "host/diagnostics.hpp"
#include "session/backend_handle.hpp"
#include "session/host_services.hpp"

namespace avocet::core {

struct GlobalOptions {
    std::optional<std::string> config_file;
    std::vector<std::string> overrides;  // --set key.path=value
    std::vector<std::string> plugin_directories;
    bool verbose = false;
};

class Application {
public:
    explicit Application(GlobalOptions options);
    ~Application();

    // Before start(): what comes with the tool that is run. Its defaults are below all of the user's configuration, its
    // plugins before those that are built in.
    void bring(std::optional<std::pair<std::string, std::string>> defaults, std::vector<std::filesystem::path> plugins);
    // Reads the configuration and finds plugins. False: reported.
    bool start();
    // The configuration's layers as they are now; nullopt: reported. config() stays.
    std::optional<Config> reload_config();
    Diagnostics& diagnostics() { return diagnostics_; }
    HostServices& host() { return *host_; }
    Config& config() { return config_; }
    // Prints what is pending to stderr and returns `code`.
    int leave(int code);

    // The backend that the configuration names, or the default; made once. nullptr: reported.
    BackendHandle* backend();
    std::unique_ptr<BackendHandle> take_backend();
    // A backend that plays files with this extension.
    std::unique_ptr<BackendHandle> open_player(const Sidecar& sidecar, const std::string& file);

private:
    std::unique_ptr<BackendHandle> create(const Sidecar& sidecar,
                                          std::vector<std::pair<std::string, std::string>> forced);
    std::optional<Config> read_config(Config& partial);
    GlobalOptions options_;
    std::optional<std::pair<std::string, std::string>> defaults_;  // (file, text)
    std::vector<std::filesystem::path> brought_plugins_;
    Diagnostics diagnostics_;
    Config config_;
    std::unique_ptr<HostServices> host_;
    std::unique_ptr<BackendHandle> backend_;
    BackendHandle* backend_view_ = nullptr;  // still answers feature questions after take_backend
};

// Directories beside the executable where plugins are installed or built.
std::vector<std::filesystem::path> built_in_plugin_directories();

}  // namespace avocet::core
