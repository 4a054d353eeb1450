// SPDX-License-Identifier: Apache-2.0
//
// Commands that look at the installation: plugins, config, doctor, cache.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "avocet/error.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "config/schema.hpp"
#include "session/compile_cache.hpp"

namespace avocet::core {

namespace {

std::string join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

const char* name_of(avocet_option_type type) {
    constexpr const char* names[] = {"", "bool", "int", "string", "size", "duration", "enum", "path", "list"};
    return type > 0 && type <= AVOCET_OPTION_LIST ? names[type] : "";
}

// The schema of a plugin that is loaded.
nlohmann::json options_of(const avocet_factory& factory) {
    auto all = nlohmann::json::array();
    for (const avocet_option* o : schema_of(factory)) {
        nlohmann::json entry{{"name", o->name},
                             {"type", name_of(o->type)},
                             {"required", (o->flags & AVOCET_OPTION_REQUIRED) != 0},
                             {"secret", (o->flags & AVOCET_OPTION_SECRET) != 0},
                             {"doc", o->doc ? o->doc : ""}};
        if (o->unit) entry["unit"] = o->unit;
        if (o->value_default) entry["default"] = o->value_default;
        if (o->min || o->max) entry.update({{"min", o->min}, {"max", o->max}});
        for (auto* choice = o->choices; choice && *choice; ++choice) entry["choices"].push_back(*choice);
        all.push_back(std::move(entry));
    }
    return all;
}

int run_plugins(const GlobalOptions& global, bool json, bool load) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    int code = kExitOk;
    for (const auto& s : app.host().registry().sidecars()) {
        std::string refusal = s.refusal;
        const Registry::Loaded* loaded = refusal.empty() && load ? app.host().registry().load(s) : nullptr;
        if (refusal.empty() && load && !loaded) refusal = "refused, see below";
        if (!refusal.empty()) code = kExitPlugin;
        if (json) {
            nlohmann::json entry{
                {"id", s.id},
                {"kind", s.kind},
                {"version", s.version},
                {"summary", s.summary},
                {"provides", s.provides},
                {"library", s.library.string()},
                {"refusal", refusal},
                {"needs", {{"capabilities", s.capabilities}, {"files", s.files}, {"network", s.network}}}};
            if (loaded) entry["options"] = options_of(*static_cast<const avocet_factory*>(loaded->factory));
            fmt::print("{}\n", entry.dump());
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
        if (!check_sinks(app.config(), app.host().registry(), app.diagnostics())) return app.leave(kExitUsage);
        fmt::print("configuration is valid: {} sinks, {} routes\n", app.config().sinks.size(),
                   app.config().routes.size());
        for (const auto& layer : app.config().layers) fmt::print("  read {}\n", layer.string());
        fmt::print("{}", explain_graph(app.config()));
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
    command->add_flag("--json", *json, "One JSON object on each line; with --load also the options");
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
