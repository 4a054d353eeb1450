// SPDX-License-Identifier: Apache-2.0
//
// `avocet bundle`: its commands and their options. What a bundle is and when it is refused stands in core/bundle; how
// one is compiled in bundle_build.cpp.
#include "cli/bundle.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "avocet/error.hpp"
#include "bundle/archive.hpp"
#include "bundle/codes.hpp"
#include "bundle/directory.hpp"
#include "bundle/installation.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

constexpr const char* component = "core.bundle";

// What is in an archive or a directory. nullopt: reported, `code` tells.
std::optional<BundleFiles> read_files(const std::string& file, Diagnostics& diagnostics, int& code) {
    std::error_code error;
    code = kExitIo;
    if (fs::is_directory(file, error)) return read_bundle_directory(file, diagnostics);
    std::string why;
    auto archive = read_bundle_file(fs::canonical(file, error), why);
    if (!archive || error) {
        diagnostics.error(component, fmt::format("'{}': {}", file, error ? error.message() : why), {},
                          code::bundle_file);
        return std::nullopt;
    }
    code = kExitPlugin;
    return read_bundle_archive(archive->bytes, file, diagnostics);
}

// The trusted keys, and that of --trust. nullopt: it cannot be read.
std::optional<std::vector<TrustedKey>> keys_of(const BundleOptions& o, Diagnostics& diagnostics) {
    auto keys = read_trusted_keys(key_directories(bundle_homes()), diagnostics);
    if (o.trust.empty()) return keys;
    auto key = read_key_file(o.trust, diagnostics);
    if (!key) return std::nullopt;
    keys.push_back({std::move(*key), o.trust});
    return keys;
}

void print_bundle(Application& app, const Bundle& bundle, const TrustVerdict& verdict) {
    fmt::print("{}signature {}\n", describe_here(app, bundle), describe(verdict));
}

int keygen(Application& app, const BundleOptions& o) {
    const auto pair = generate_keys();
    const auto name = fs::path(o.output).filename().string();
    const fs::path secret = o.output + ".key", open = o.output + ".pub";
    auto failed = [&](const std::string& why) {
        app.diagnostics().error(component, why, "keys are never overwritten", code::bundle_write);
        return kExitIo;
    };
    std::error_code error;
    if (fs::exists(open, error)) return failed(fmt::format("file '{}' exists already", open.string()));
    if (auto why = write_new_file(secret, write_secret_key(pair.secret_key, name), 0600); !why.empty())
        return failed(why);
    if (auto why = write_new_file(open, write_public_key(pair.public_key, name), 0644); !why.empty())
        return failed(why);
    fmt::print("key {}\n  {}  signs bundles: keep it secret\n  {}  is for those who install them\n",
               key_id_text(pair.public_key.id), secret.string(), open.string());
    return kExitOk;
}

// A stranger's bundle is told apart by its signature before its programs and texts are looked at.
struct Judged {
    BundleFiles files;
    TrustVerdict verdict;
};

std::optional<Judged> judge(const BundleOptions& o, Diagnostics& diagnostics, int& code) {
    auto files = read_files(o.file, diagnostics, code);
    if (!files) return std::nullopt;
    auto keys = keys_of(o, diagnostics);
    if (!keys) code = kExitIo;
    if (!keys) return std::nullopt;
    code = kExitPlugin;  // whatever is wrong from here on, it is the bundle
    auto verdict = judge_files(*files, *keys);
    return Judged{std::move(*files), std::move(verdict)};
}

std::string subject_of(const BundleOptions& o) { return fmt::format("bundle '{}'", o.file); }

int check(Application& app, const BundleOptions& o) {
    int code = kExitOk;
    auto judged = judge(o, app.diagnostics(), code);
    if (!judged) return code;
    auto bundle = open_bundle(std::move(judged->files), o.file, app.diagnostics());
    if (!bundle) return code;
    print_bundle(app, *bundle, judged->verdict);
    return require_trust(judged->verdict, subject_of(o), app.diagnostics()) ? kExitOk : kExitPlugin;
}

// Where this user installs.
std::optional<BundleHome> target_home(const BundleOptions& o, Diagnostics& diagnostics) {
    if (geteuid() == 0 && !o.user) return system_bundle_home();
    auto home = user_bundle_home();
    if (!home)
        diagnostics.error(component, "HOME names no directory", "set it, or install as root", code::bundle_write);
    return home;
}

// The key that --trust names, if it is the one that signed.
bool store_key(const BundleOptions& o, const TrustVerdict& verdict, const BundleHome& home, Diagnostics& diagnostics) {
    if (o.trust.empty() || verdict.trusted_by != o.trust) return true;
    auto key = read_key_file(o.trust, diagnostics);
    auto file = key ? store_trusted_key(*key, home.keys, diagnostics) : std::nullopt;
    if (file) fmt::print("key {} is trusted from now on: {}\n", key_id_text(key->id), file->string());
    return file.has_value();
}

int install(Application& app, const BundleOptions& o) {
    auto& diagnostics = app.diagnostics();
    int code = kExitOk;
    auto judged = judge(o, diagnostics, code);
    if (!judged) return code;
    const auto& verdict = judged->verdict;
    const bool allowed = o.allow_unsigned && verdict.trust == Trust::unsigned_;
    if (!allowed && !require_trust(verdict, subject_of(o), diagnostics)) return code;
    auto bundle = open_bundle(std::move(judged->files), o.file, diagnostics);
    if (!bundle) return code;
    const auto& name = bundle->description.name;
    auto home = target_home(o, diagnostics);
    if (!home) return kExitIo;
    print_bundle(app, *bundle, verdict);
    std::error_code error;
    const bool replaced = fs::exists(home->bundles / name, error);
    if (!store_key(o, verdict, *home, diagnostics) ||
        !install_bundle(*bundle, home->bundles, o.allow_unsigned, diagnostics))
        return kExitIo;
    fmt::print("{} {}\n", replaced ? "replaced" : "installed", (home->bundles / name).string());
    if (!bundle->description.tools.empty())
        fmt::print("run a tool: avocet run {}/{}\n", name, bundle->description.tools.front().name);
    return kExitOk;
}

int list(Application& app) {
    int code = kExitOk;
    for (const auto& bundle : list_bundles(bundle_homes(), app.diagnostics())) {
        const auto& d = bundle.description;
        fmt::print("{} {}: {}\n  {}\n", d.name, d.version, d.summary, bundle.directory.string());
        if (!bundle.refusal.empty()) {
            fmt::print("  REFUSED: {}\n", bundle.refusal);
            code = kExitPlugin;
            continue;
        }
        if (bundle.verdict.trust == Trust::unsigned_)
            fmt::print("  not signed; that was allowed when it was installed\n");
        for (const auto& tool : d.tools) fmt::print("  {:<32} {}\n", d.name + '/' + tool.name, tool.summary);
    }
    return code;
}

int remove(Application& app, const BundleOptions& o) {
    const auto homes = bundle_homes();
    const auto directory = find_bundle(o.name, homes);
    if (!directory) {
        const auto near = closest(o.name, bundle_names(homes));
        app.diagnostics().error(
            component, fmt::format("bundle '{}': is not installed", o.name),
            near.empty() ? "`avocet bundle list` lists what is" : fmt::format("did you mean '{}'?", near),
            code::bundle_unknown);
        return kExitPlugin;
    }
    if (!remove_bundle(*directory, app.diagnostics())) return kExitIo;
    fmt::print("removed {}\n", directory->string());
    return kExitOk;
}

void add_trust(CLI::App& command, BundleOptions& o, const char* text) {
    command.add_option("--trust", o.trust, text)->check(CLI::ExistingFile);
}

}  // namespace

std::string describe_here(Application& app, const Bundle& bundle) {
    const Sidecar* engine = app.host().registry().find_default("backend");
    return describe_bundle(bundle, engine ? engine->capabilities : std::vector<std::string>());
}

CommandBody add_bundle_command(CLI::App& app) {
    auto o = std::make_shared<BundleOptions>();
    auto* bundle = app.add_subcommand("bundle", "Tools with plugins and defaults as one signed file");
    bundle->require_subcommand(1);

    auto* key = bundle->add_subcommand("keygen", "Make a key pair to sign bundles with");
    key->add_option("-o,--output", o->output, "Writes NAME.key, which is secret, and NAME.pub")->required();

    auto* make = bundle->add_subcommand("build", "Compile, check, sign and pack what a bundle.toml names");
    make->add_option("directory", o->file, "Where bundle.toml is")->required();
    make->add_option("-o,--output", o->output, "The bundle: NAME.avb; without it, nothing is written");
    make->add_option("--key", o->key, "Sign it with this NAME.key")->check(CLI::ExistingFile);
    make->add_option("-I", o->include_dirs, "Directory for headers of C tools")->allow_extra_args(false);
    make->add_flag("--unsafe", o->unsafe, "Allow tools that can change the traced system");

    auto* look = bundle->add_subcommand("check", "Verify a bundle, and say what it holds and what it needs");
    look->add_option("bundle", o->file, "An archive, or a directory that was installed or unpacked")->required();
    add_trust(*look, *o, "As if this key were trusted");

    auto* put =
        bundle->add_subcommand("install", "Verify a bundle and install it: for all as root, else for this user");
    put->add_option("bundle", o->file, "An archive, or a directory")->required();
    add_trust(*put, *o, "Trust this key from now on");
    put->add_flag("--allow-unsigned", o->allow_unsigned, "Also one that nobody signed");
    put->add_flag("--user", o->user, "For this user alone, also as root");

    bundle->add_subcommand("list", "The installed bundles and their tools");
    auto* drop = bundle->add_subcommand("remove", "Remove an installed bundle");
    drop->add_option("name", o->name, "As `avocet bundle list` shows it")->required();

    bundle->footer(
        "Examples:\n"
        "  avocet bundle keygen -o acme\n"
        "  avocet bundle build acme/ -o acme-1.2.avb --key acme.key\n"
        "  avocet bundle check acme-1.2.avb\n"
        "  avocet bundle install acme-1.2.avb --trust acme.pub && avocet run acme/opens\n"
        "Bundles are installed in /usr/local/lib/avocet/bundles or ~/.local/lib/avocet/bundles; trusted keys are *.pub "
        "in\n"
        "/etc/avocet/trusted-keys and ~/.config/avocet/trusted-keys.\n"
        "Exit status: 0 well, 1 bundle.toml or what it names is wrong, 2 command line wrong, 6 a bundle was refused "
        "(not\n"
        "  signed, not trusted, changed, hostile) or is not there, 8 file error");
    return [o, bundle](const GlobalOptions& global) {
        Application application(global);
        const auto command = bundle->get_subcommands().front()->get_name();
        const bool names_engine = command == "check" || command == "install";
        if (names_engine && !application.start()) return application.leave(kExitUsage);
        const int code = command == "keygen"    ? keygen(application, *o)
                         : command == "build"   ? build_archive(application, *o)
                         : command == "check"   ? check(application, *o)
                         : command == "install" ? install(application, *o)
                         : command == "list"    ? list(application)
                                                : remove(application, *o);
        return application.leave(code);
    };
}

}  // namespace avocet::core
