// SPDX-License-Identifier: Apache-2.0
#include "cli/application.hpp"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cli/exit_codes.hpp"
#include "config/layers.hpp"
#include "config/schema.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

std::vector<fs::path> built_in_plugin_directories() {
    std::error_code error;
    fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
    std::vector<fs::path> out;
    if (!bin.empty()) {
        fs::path root = bin.parent_path();
        for (fs::path candidate : {root / "plugins", root / "lib/avocet/plugins",
                                   root / "lib" / AVOCET_LIBRARY_ARCHITECTURE / "avocet/plugins"})
            if (fs::is_directory(candidate, error)) out.push_back(candidate);
    }
    if (const char* home = std::getenv("HOME"); home && *home) {
        fs::path own = fs::path(home) / ".local/lib/avocet/plugins";
        if (fs::is_directory(own, error)) out.push_back(own);
    }
    return out;
}

Application::Application(GlobalOptions options) : options_(std::move(options)) {
    if (options_.verbose) diagnostics_.set_minimum(AVOCET_DEBUG);
}
Application::~Application() = default;

void Application::bring(std::optional<std::pair<std::string, std::string>> defaults, std::vector<fs::path> plugins) {
    defaults_ = std::move(defaults);
    brought_plugins_ = std::move(plugins);
}

std::optional<Config> Application::read_config(Config& partial) {
    std::optional<fs::path> file;
    if (options_.config_file) file = *options_.config_file;
    auto sources = process_sources(file, options_.overrides);
    sources.defaults = defaults_;
    return load_config(sources, diagnostics_, &partial);
}

bool Application::start() {
    libbpf_set_print(nullptr);  // damaged objects are reported by us, not by the library
    auto config = read_config(config_);
    if (config) config_ = std::move(*config);
    host_ = std::make_unique<HostServices>(diagnostics_);
    host_->set_config(&config_);
    std::vector<fs::path> directories(options_.plugin_directories.begin(), options_.plugin_directories.end());
    directories.insert(directories.end(), config_.plugin_directories.begin(), config_.plugin_directories.end());
    directories.insert(directories.end(), brought_plugins_.begin(), brought_plugins_.end());
    for (auto& d : built_in_plugin_directories()) directories.push_back(d);
    host_->registry().discover(directories);
    host_->set_feature_source([this](const char* name) {
        BackendHandle* b = backend_view_ ? backend_view_ : backend();
        bool present = false;
        if (b)
            b->features(name, [&](const avocet_feature& f) {
                present = f.present == 1;
                return true;
            });
        return present;
    });
    if (config) return true;
    check_sinks(config_, host_->registry(), diagnostics_);  // so that all that is wrong is told at once
    return false;
}

std::optional<Config> Application::reload_config() {
    Config partial;
    auto config = read_config(partial);
    if (!config) check_sinks(partial, host_->registry(), diagnostics_);
    return config;
}

int Application::leave(int code) {
    diagnostics_.flush(stderr, isatty(STDERR_FILENO));
    return code;
}

std::unique_ptr<BackendHandle> Application::create(const Sidecar& sidecar,
                                                   std::vector<std::pair<std::string, std::string>> forced) {
    const auto* loaded = host_->registry().load(sidecar);
    if (!loaded) return nullptr;
    auto* factory = static_cast<const avocet_backend_factory*>(loaded->factory);
    std::erase_if(forced, [&](const auto& pair) {
        Schema schema = schema_of(factory->base);
        return std::none_of(schema.begin(), schema.end(),
                            [&](const avocet_option* o) { return pair.first == o->name; });
    });
    auto options = host_->plugin_options(sidecar.id, factory->base, forced);
    if (!options) return nullptr;
    avocet_status status = AVOCET_OK;
    return create_backend(*factory, loaded->host, &options->abi(), status,
                          {loaded->extension<avocet_backend_stream>(AVOCET_BACKEND_STREAM_1),
                           loaded->extension<avocet_backend_map_write>(AVOCET_BACKEND_MAP_WRITE_1)});
}

BackendHandle* Application::backend() {
    if (backend_) return backend_.get();
    const Sidecar* sidecar = config_.backend.empty() ? host_->registry().find_default("backend")
                                                     : host_->registry().find("backend", config_.backend);
    if (!sidecar) {
        std::string near = closest(config_.backend, host_->registry().provided("backend"));
        diagnostics_.error("core",
                           config_.backend.empty() ? "no backend is installed"
                                                   : "backend '" + config_.backend + "': no plugin provides it",
                           near.empty() ? "`avocet plugins` lists what is installed" : "did you mean '" + near + "'?",
                           114);
        return nullptr;
    }
    std::vector<std::pair<std::string, std::string>> forced;
    if (config_.cache_enabled && !config_.cache_directory.empty())
        forced.emplace_back("cache_directory", config_.cache_directory.string());
    backend_ = create(*sidecar, forced);
    backend_view_ = backend_.get();
    return backend_.get();
}

std::unique_ptr<BackendHandle> Application::take_backend() {
    backend();
    return std::move(backend_);
}

std::unique_ptr<BackendHandle> Application::open_player(const Sidecar& sidecar, const std::string& file) {
    return create(sidecar, {{"recording", file}});
}

}  // namespace avocet::core
