// SPDX-License-Identifier: Apache-2.0
//
// A vendor's directory to a bundle, and files to a bundle.
#include <fmt/format.h>

#include "bundle/bundle.hpp"
#include "bundle/codes.hpp"
#include "bundle/contents.hpp"
#include "bundle/directory.hpp"
#include "bundle/manifest.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

constexpr const char* component = "core.bundle";

// Takes what bundle.toml names from the vendor's directory.
class Gathering {
public:
    Gathering(const fs::path& directory, const CompileTool& compile, Bundle& out, Diagnostics& diagnostics)
        : directory_(directory), compile_(compile), out_(out), diagnostics_(diagnostics) {}

    bool run() {
        const size_t errors = diagnostics_.error_count();
        for (const auto& tool : out_.description.tools) take_tool(tool);
        for (const auto& plugin : out_.description.plugins) take_directory(plugin);
        if (out_.description.defaults) take_file(*out_.description.defaults);
        for (const auto& doc : out_.description.docs) take_file(doc);
        return diagnostics_.error_count() == errors;
    }

private:
    void error(uint32_t code, std::string message, std::string hint, const Place& place) {
        diagnostics_.error(component, std::move(message), std::move(hint), code, place);
    }

    std::optional<BundleFile> read(const std::string& path, const Place& place) {
        std::string why;
        auto file = read_bundle_file(directory_ / path, why);
        if (!file) error(code::bundle_file, fmt::format("'{}': {}", path, why), {}, place);
        return file;
    }

    void add(const std::string& path, BundleFile file, const Place& place) {
        auto why = refuse_path(path);
        if (why.empty() && (is_seal(path) || path == permission_file)) why = "is a name that Avocet uses itself";
        if (why.empty() && !out_.files.emplace(path, std::move(file)).second) why = "would be in the bundle twice";
        if (!why.empty()) error(code::bundle_file, fmt::format("'{}': {}", path, why), {}, place);
    }

    void take_file(const BundlePath& named) {
        if (auto file = read(named.path, named.place)) add(named.path, std::move(*file), named.place);
    }

    void take_directory(const BundlePath& named) {
        std::string why;
        auto listing = list_directory(directory_ / named.path, why);
        if (!listing) return error(code::bundle_file, fmt::format("plugin '{}': {}", named.path, why), {}, named.place);
        for (const auto& path : listing->other)
            error(code::bundle_file, fmt::format("'{}/{}': is neither a file nor a directory", named.path, path), {},
                  named.place);
        for (const auto& path : listing->files) take_file({named.path + '/' + path, named.place});
    }

    // Whatever is no object is a script.
    void take_tool(const BundleTool& tool) {
        auto file = read(tool.file, tool.place);
        if (!file) return;
        if (!tool.file.ends_with(".o")) {
            auto object = compile_(tool);
            if (!object) {
                error(code::bundle_tool, fmt::format("tool '{}': '{}' does not compile", tool.name, tool.file), {},
                      tool.place);
                return;
            }
            file->bytes = std::move(*object);
        }
        file->mode = 0644;
        add(object_path(tool.name), std::move(*file), tool.place);
    }

    const fs::path& directory_;
    const CompileTool& compile_;
    Bundle& out_;
    Diagnostics& diagnostics_;
};

void seal(BundleFiles& files, const SecretKey* key) {
    auto manifest = write_bundle_manifest(files);
    if (key) files[std::string(signature_file)] = {0644, write_signature(sign(*key, manifest))};
    files[std::string(manifest_file)] = {0644, std::move(manifest)};
}

// What install would refuse is not built either.
bool within_limits(const BundleFiles& files, Diagnostics& diagnostics) {
    uint64_t bytes = 0;
    for (const auto& [path, file] : files) bytes += file.bytes.size();
    if (bytes <= most_bundle_bytes && files.size() <= most_bundle_files) return true;
    diagnostics.error(component,
                      fmt::format("the bundle has {} files and {} bytes; it may have {} and {}", files.size(), bytes,
                                  most_bundle_files, most_bundle_bytes),
                      "strip the plugins' libraries, or make several bundles", code::bundle_limit);
    return false;
}

bool fits_manifest(const BundleFiles& files, const std::string& name, Diagnostics& diagnostics) {
    const auto text = files.find(std::string(manifest_file));
    if (text == files.end()) {
        diagnostics.error(component, fmt::format("'{}': has no {}", name, manifest_file),
                          "`avocet bundle build` makes a bundle of a directory with a bundle.toml",
                          code::bundle_manifest);
        return false;
    }
    std::string why;
    const auto manifest = parse_bundle_manifest(text->second.bytes, why);
    if (!manifest) {
        diagnostics.error(component, fmt::format("'{}': its {} {}", name, manifest_file, why), {},
                          code::bundle_manifest);
        return false;
    }
    const auto differences = compare_files(*manifest, files);
    for (const auto& difference : differences)
        diagnostics.error(component, fmt::format("'{}': {}", name, difference), "get it again from its publisher",
                          code::bundle_changed);
    return differences.empty();
}

}  // namespace

std::optional<Bundle> build_bundle(const fs::path& directory, const CompileTool& compile, const SecretKey* key,
                                   Diagnostics& diagnostics) {
    const auto name = (directory / description_file).lexically_normal().string();
    std::string why;
    auto text = read_bundle_file(name, why);
    if (!text) {
        diagnostics.error(component, fmt::format("'{}': {}", name, why), "a bundle is described by its bundle.toml",
                          code::bundle_file);
        return std::nullopt;
    }
    auto description = parse_description(text->bytes, name, diagnostics);
    if (!description) return std::nullopt;
    text->mode = 0644;
    Bundle bundle{std::move(*description), {}};
    bundle.files.emplace(description_file, std::move(*text));
    const bool gathered = Gathering(directory, compile, bundle, diagnostics).run();
    const bool good = check_contents(bundle.description, bundle.files, directory.string(), false, diagnostics);
    if (!gathered || !good) return std::nullopt;
    seal(bundle.files, key);
    if (!within_limits(bundle.files, diagnostics)) return std::nullopt;
    return bundle;
}

std::optional<Bundle> open_bundle(BundleFiles files, const std::string& name, Diagnostics& diagnostics) {
    if (!fits_manifest(files, name, diagnostics)) return std::nullopt;
    const auto text = files.find(std::string(description_file));
    if (text == files.end()) {
        diagnostics.error(component, fmt::format("'{}': has no {}", name, description_file), {},
                          code::bundle_description);
        return std::nullopt;
    }
    auto description = parse_description(text->second.bytes, name + "/bundle.toml", diagnostics);
    if (!description || !check_contents(*description, files, name, true, diagnostics)) return std::nullopt;
    return Bundle{std::move(*description), std::move(files)};
}

std::optional<BundleFiles> read_bundle_directory(const fs::path& directory, Diagnostics& diagnostics) {
    std::string why;
    auto refuse = [&](const std::string& message) {
        diagnostics.error(component, message, {}, code::bundle_file);
        return std::nullopt;
    };
    auto listing = list_directory(directory, why);
    if (!listing) return refuse(why);
    if (!listing->other.empty())
        return refuse(fmt::format("directory '{}': '{}' is neither a file nor a directory", directory.string(),
                                  printable(listing->other.front())));
    BundleFiles files;
    uint64_t bytes = 0;
    for (const auto& path : listing->files) {
        if (path == permission_file) continue;
        auto file = read_bundle_file(directory / path, why);
        if (!file) return refuse(fmt::format("file '{}' {}", (directory / path).string(), why));
        bytes += file->bytes.size();
        if (bytes > most_bundle_bytes)
            return refuse(
                fmt::format("directory '{}': holds more than {} bytes", directory.string(), most_bundle_bytes));
        files.emplace(path, std::move(*file));
    }
    return files;
}

TrustVerdict judge_files(const BundleFiles& files, const std::vector<TrustedKey>& keys) {
    const auto manifest = files.find(std::string(manifest_file)), signature = files.find(std::string(signature_file));
    if (manifest == files.end() || signature == files.end()) return {};
    return judge_signature(manifest->second.bytes, signature->second.bytes, keys);
}

}  // namespace avocet::core
