// SPDX-License-Identifier: Apache-2.0
//
// An installed bundle, verified. What is handed out are the bytes that were compared; plugins, which the dynamic loader
// opens again by name, are in directories that nobody else can write to, which is checked here too.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bundle/codes.hpp"
#include "bundle/directory.hpp"
#include "bundle/installation.hpp"
#include "bundle/manifest.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

constexpr const char* component = "core.bundle";

class Verification {
public:
    Verification(const fs::path& directory, Diagnostics& diagnostics)
        : directory_(directory),
          name_(directory.filename()),
          subject_(fmt::format("bundle '{}'", name_)),
          diagnostics_(diagnostics) {}

    // The seal: who could change it, what MANIFEST lists, who signed it, and that nothing else is there.
    bool seal(const std::vector<TrustedKey>& keys, TrustVerdict& verdict) {
        if (auto unsafe = check_directory(directory_)) return fail(code::bundle_unsafe, unsafe->message, unsafe->hint);
        std::string why;
        auto listing = list_directory(directory_, why);
        if (!listing) return fail(code::bundle_file, why);
        if (listing->unsafe) return fail(code::bundle_unsafe, listing->unsafe->message, listing->unsafe->hint);
        auto text = read_bundle_file(directory_ / manifest_file, why);
        if (!text) return fail(code::bundle_manifest, fmt::format("{} {}", manifest_file, why), again());
        std::optional<std::string> signature;
        if (auto file = read_bundle_file(directory_ / signature_file, why)) signature = std::move(file->bytes);
        verdict = judge_signature(text->bytes, signature, keys);
        std::error_code error;
        const bool allowed = verdict.trust == Trust::unsigned_ && fs::exists(directory_ / permission_file, error);
        if (!allowed && !require_trust(verdict, subject_, diagnostics_)) return false;
        auto manifest = parse_bundle_manifest(text->bytes, why);
        if (!manifest) return fail(code::bundle_manifest, fmt::format("{} {}", manifest_file, why), again());
        manifest_ = std::move(*manifest);
        return only_listed(*listing);
    }

    std::optional<BundleDescription> description() {
        auto text = take(std::string(description_file));
        if (!text) return std::nullopt;
        auto out = parse_description(*text, directory_ / description_file, diagnostics_);
        if (!out || out->name == name_) return out;
        fail(code::bundle_changed, fmt::format("its bundle.toml is that of '{}'", out->name), again());
        return std::nullopt;
    }

    // The bytes of a file that is as MANIFEST says. nullopt: reported.
    std::optional<std::string> take(const std::string& path) {
        std::string why;
        auto file = read_bundle_file(directory_ / path, why);
        if (file) why = compare_file(manifest_, path, *file);
        if (why.empty()) return std::move(file->bytes);
        fail(code::bundle_changed, fmt::format("file '{}': {}", path, why), again());
        return std::nullopt;
    }

    // All files of a plugin.
    bool verify_below(const std::string& path) {
        bool good = true;
        for (auto file = manifest_.lower_bound(path + '/');
             file != manifest_.end() && file->first.starts_with(path + '/'); ++file)
            good = take(file->first).has_value() && good;
        return good;
    }

    bool fail(uint32_t code, const std::string& fact, std::string hint = {}) {
        diagnostics_.error(component, fmt::format("{}: {}", subject_, fact), std::move(hint), code);
        return false;
    }
    std::string again() const { return "install it again"; }

private:
    bool only_listed(const DirectoryListing& listing) {
        bool good = true;
        for (const auto& path : listing.other)
            good = fail(code::bundle_changed, fmt::format("'{}' is neither a file nor a directory", printable(path)),
                        again());
        for (const auto& path : listing.files)
            if (!is_seal(path) && path != permission_file && !manifest_.contains(path))
                good = fail(code::bundle_changed,
                            fmt::format("file '{}': is not in {}", printable(path), manifest_file), again());
        return good;
    }

    const fs::path& directory_;
    std::string name_, subject_;
    Diagnostics& diagnostics_;
    BundleManifest manifest_;
};

std::vector<std::string> tool_names(const BundleDescription& description) {
    std::vector<std::string> out;
    for (const auto& tool : description.tools) out.push_back(tool.name);
    return out;
}

}  // namespace

std::optional<InstalledTool> open_installed_tool(const fs::path& directory, const std::string& tool,
                                                 const std::vector<TrustedKey>& keys, Diagnostics& diagnostics) {
    Verification verification(directory, diagnostics);
    TrustVerdict verdict;
    if (!verification.seal(keys, verdict)) return std::nullopt;
    auto description = verification.description();
    if (!description) return std::nullopt;
    if (!description->find_tool(tool)) {
        const auto names = tool_names(*description);
        const auto near = closest(tool, names);
        verification.fail(code::bundle_unknown, fmt::format("has no tool '{}'", printable(tool)),
                          !near.empty()   ? fmt::format("did you mean '{}'?", near)
                          : names.empty() ? "it has none"
                                          : fmt::format("it has {}", fmt::join(names, ", ")));
        return std::nullopt;
    }
    InstalledTool out;
    out.name = description->name + '/' + tool;
    bool good = true;
    if (auto object = verification.take(object_path(tool)))
        out.object = std::move(*object);
    else
        good = false;
    for (const auto& plugin : description->plugins) {
        good = verification.verify_below(plugin.path) && good;
        out.plugins.push_back(directory / plugin.path);
    }
    if (description->defaults) {
        auto text = verification.take(description->defaults->path);
        const auto file = (directory / description->defaults->path).string();
        good = text && check_defaults(*text, file, diagnostics) && good;
        if (text) out.defaults = {file, std::move(*text)};
    }
    return good ? std::optional(std::move(out)) : std::nullopt;
}

std::vector<InstalledBundle> list_bundles(const std::vector<BundleHome>& homes, Diagnostics& diagnostics) {
    const auto keys = read_trusted_keys(key_directories(homes), diagnostics);
    std::vector<InstalledBundle> out;
    for (const auto& home : homes)
        for (const auto& name : bundle_names({home})) {
            InstalledBundle bundle{home.bundles / name, {}, {}, {}};
            bundle.description.name = name;
            Diagnostics found;
            Verification verification(bundle.directory, found);
            auto description = verification.seal(keys, bundle.verdict) ? verification.description() : std::nullopt;
            if (description) bundle.description = std::move(*description);
            for (const auto& d : found.take())
                if (d.severity >= AVOCET_ERROR && bundle.refusal.empty()) bundle.refusal = d.message;
            out.push_back(std::move(bundle));
        }
    return out;
}

}  // namespace avocet::core
