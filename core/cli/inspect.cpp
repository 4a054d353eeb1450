// SPDX-License-Identifier: Apache-2.0
//
// Commands that look at the installation: plugins, config, doctor, cache.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "avocet/error.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "session/compile_cache.hpp"

namespace avocet::core {

namespace {

std::string join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

int run_plugins(const GlobalOptions& global, bool json, bool load) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    int code = kExitOk;
    for (const auto& s : app.host().registry().sidecars()) {
        std::string refusal = s.refusal;
        if (refusal.empty() && load && !app.host().registry().load(s)) refusal = "refused, see below";
        if (!refusal.empty()) code = kExitPlugin;
        if (json) {
            fmt::print("{}\n",
                       nlohmann::json{
                           {"id", s.id},
                           {"kind", s.kind},
                           {"version", s.version},
                           {"summary", s.summary},
                           {"provides", s.provides},
                           {"library", s.library.string()},
                           {"refusal", refusal},
                           {"needs", {{"capabilities", s.capabilities}, {"files", s.files}, {"network", s.network}}}}
                           .dump());
            continue;
        }
        fmt::print("{:<24} {:<9} {:<8} {}\n", s.id, s.kind, s.version, s.summary);
        if (!s.provides.empty()) fmt::print("{:<24} provides {}\n", "", join(s.provides));
        if (!s.capabilities.empty()) fmt::print("{:<24} needs {}\n", "", join(s.capabilities));
        if (!refusal.empty()) fmt::print("{:<24} REFUSED: {}\n", "", refusal);
    }
    return app.leave(code);
}

int run_config(const GlobalOptions& global, const std::string& what) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    if (what == "sample") {
        fmt::print("{}", sample_config(app.host().registry()));
    } else if (what == "show") {
        fmt::print("{}", show_config(app.config(), &app.host().registry()));
    } else {
        bool good = check_plugins(app.config(), app.host().registry(), app.diagnostics());
        for (const auto& sink : app.config().sinks) {
            const Sidecar* sidecar = app.host().registry().find("sink", sink.type);
            const auto* loaded = sidecar ? app.host().registry().load(*sidecar) : nullptr;
            if (!loaded)
                good = false;
            else if (!validate_options(static_cast<const avocet_sink_factory*>(loaded->factory)->base, sink,
                                       PathValues::now(), app.diagnostics()))
                good = false;
        }
        if (!good) return app.leave(kExitUsage);
        fmt::print("configuration is valid: {} sinks, {} routes\n", app.config().sinks.size(),
                   app.config().routes.size());
        for (const auto& layer : app.config().layers) fmt::print("  read {}\n", layer.string());
        for (const auto& route : app.config().routes)
            fmt::print("  route {} -> {}\n", route.name.empty() ? "(unnamed)" : route.name, join(route.sinks));
    }
    return app.leave(kExitOk);
}

int run_doctor(const GlobalOptions& global, bool json) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    BackendHandle* backend = app.backend();
    if (!backend) return app.leave(kExitPlugin);
    if (!json) fmt::print("{:<24} {:<8} {}\n", "feature", "here", "what it is for");
    avocet_status status = backend->features(nullptr, [&](const avocet_feature& f) {
        const char* word = f.present == 1 ? "yes" : f.present == 0 ? "no" : "unknown";
        if (json) {
            fmt::print("{}\n", nlohmann::json{{"feature", f.name},
                                              {"present", word},
                                              {"needs", f.needs ? f.needs : ""},
                                              {"purpose", f.purpose ? f.purpose : ""},
                                              {"detail", string(f.detail)}}
                                   .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
            return true;
        }
        fmt::print("{:<24} {:<8} {}\n", f.name, word, f.purpose ? f.purpose : "");
        if (f.present != 1) {
            if (f.needs && *f.needs) fmt::print("{:<24} {:<8}   needs {}\n", "", "", f.needs);
            if (f.detail.size) fmt::print("{:<24} {:<8}   here: {}\n", "", "", avocet::view(f.detail));
        }
        return true;
    });
    return app.leave(status == AVOCET_OK ? kExitOk : status == AVOCET_ERR_PERMISSION ? kExitPrivilege : kExitKernel);
}

int run_cache(const GlobalOptions& global, bool clear) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    CompileCache cache(app.config().cache_directory, app.config().cache_bytes, app.diagnostics());
    if (clear) {
        fmt::print("removed {} programs from {}\n", cache.clear(), cache.directory().string());
    } else {
        auto usage = cache.usage();
        fmt::print("{}: {} programs, {} bytes of {}{}\n", cache.directory().string(), usage.entries, usage.bytes,
                   app.config().cache_bytes, cache.usable() ? "" : " (not usable)");
    }
    return app.leave(cache.usable() ? kExitOk : kExitIo);
}

}  // namespace

CommandBody add_plugins_command(CLI::App& app) {
    auto json = std::make_shared<bool>(false), load = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("plugins", "List the plugins found, and why any is refused");
    command->add_flag("--json", *json, "One JSON object on each line");
    command->add_flag("--load", *load, "Load each one too, and check it against its sidecar");
    command->footer("Examples:\n  avocet plugins\n  avocet plugins --load     exit status 6 if one is refused");
    return [=](const GlobalOptions& global) { return run_plugins(global, *json, *load); };
}

CommandBody add_config_command(CLI::App& app) {
    auto what = std::make_shared<std::string>();
    auto* command = app.add_subcommand("config", "Show, check or start a configuration");
    command
        ->add_option("what", *what,
                     "show: the settings in force; check: validate everything; sample: every option, commented")
        ->required()
        ->check(CLI::IsMember({"show", "check", "sample"}));
    command->footer(
        "Examples:\n  avocet config sample > ~/.config/avocet/avocet.toml\n  avocet --config my.toml config check");
    return [what](const GlobalOptions& global) { return run_config(global, *what); };
}

CommandBody add_doctor_command(CLI::App& app) {
    auto json = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("doctor", "What this kernel can do, and what to change");
    command->add_flag("--json", *json, "One JSON object on each line");
    return [json](const GlobalOptions& global) { return run_doctor(global, *json); };
}

CommandBody add_cache_command(CLI::App& app) {
    auto what = std::make_shared<std::string>("show");
    auto* command = app.add_subcommand("cache", "Show or empty the cache of compiled programs");
    command->add_option("what", *what, "show or clear")->check(CLI::IsMember({"show", "clear"}));
    return [what](const GlobalOptions& global) { return run_cache(global, *what == "clear"); };
}

}  // namespace avocet::core
