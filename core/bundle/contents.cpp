// SPDX-License-Identifier: Apache-2.0
#include "bundle/contents.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bundle/bundle.hpp"
#include "bundle/codes.hpp"
#include "config/layers.hpp"
#include "host/sidecar.hpp"
#include "host/toml_table.hpp"
#include "program/program.hpp"

namespace avocet::core {
namespace {

constexpr const char* component = "core.bundle";

class Check {
public:
    Check(const BundleDescription& description, const BundleFiles& files, const std::string& name, bool complete,
          Diagnostics& diagnostics)
        : description_(description), files_(files), name_(name), complete_(complete), diagnostics_(diagnostics) {}

    bool run() {
        const size_t errors = diagnostics_.error_count();
        for (const auto& t : description_.tools) tool(t);
        for (const auto& p : description_.plugins) plugin(p);
        if (const auto& defaults = description_.defaults; defaults && has(*defaults, defaults->path))
            check_defaults(files_.at(defaults->path).bytes, name_ + '/' + defaults->path, diagnostics_);
        for (const auto& doc : description_.docs) has(doc, doc.path);
        for (const auto& [path, file] : files_)
            if (!is_named(path))
                error(code::bundle_file, fmt::format("file '{}': bundle.toml does not name it", path), {}, {});
        return diagnostics_.error_count() == errors;
    }

private:
    void error(uint32_t code, std::string message, std::string hint, const Place& place) {
        diagnostics_.error(component, std::move(message), std::move(hint), code, place);
    }

    bool has(const BundlePath& named, const std::string& path) {
        if (files_.contains(path)) return true;
        if (complete_) error(code::bundle_file, fmt::format("'{}': is missing", path), {}, named.place);
        return false;
    }

    void tool(const BundleTool& tool) {
        const auto object = files_.find(object_path(tool.name));
        if (object == files_.end()) {
            if (complete_)
                error(code::bundle_tool, fmt::format("tool '{}': has no program", tool.name), {}, tool.place);
            return;
        }
        auto program = Program::open(object->second.bytes, name_ + '/' + tool.file, diagnostics_);
        if (program && program->manifest().target == "local")
            error(code::bundle_tool, fmt::format("tool '{}': '{}' was built for one machine", tool.name, tool.file),
                  "build it with --target portable", tool.place);
    }

    void plugin(const BundlePath& plugin) {
        const auto sidecar_path = plugin.path + "/plugin.toml";
        const auto file = files_.find(sidecar_path);
        auto refuse = [&](const std::string& fact, std::string hint = {}) {
            error(code::bundle_plugin, fmt::format("plugin '{}': {}", plugin.path, fact), std::move(hint),
                  plugin.place);
        };
        if (file == files_.end()) return refuse("has no plugin.toml");
        const auto sidecar = parse_sidecar(file->second.bytes, name_ + '/' + sidecar_path, diagnostics_);
        if (!sidecar.refusal.empty()) return refuse("its plugin.toml cannot be used");
        if (sidecar.abi_major != AVOCET_ABI_MAJOR)
            refuse(fmt::format("is built for ABI {}, this host has ABI {}", sidecar.abi_major, AVOCET_ABI_MAJOR));
        const auto library = sidecar.library.filename().string();
        if (!files_.contains(plugin.path + '/' + library))
            refuse(fmt::format("has no '{}'", library), "is it built? plugin.toml may name another `library`");
        // Discovery looks one level deeper too.
        for (const auto& [path, ignored] : files_)
            if (path != sidecar_path && path.starts_with(plugin.path + '/') && path.ends_with("/plugin.toml"))
                refuse(fmt::format("has another plugin inside, '{}'", path), "one [[plugin]] for each");
    }

    bool is_named(const std::string& path) const {
        auto at = [&](const BundlePath& named) { return named.path == path; };
        auto inside = [&](const BundlePath& named) { return path.starts_with(named.path + '/'); };
        auto of_tool = [&](const BundleTool& tool) { return object_path(tool.name) == path; };
        return is_seal(path) || path == description_file || (description_.defaults && at(*description_.defaults)) ||
               std::any_of(description_.docs.begin(), description_.docs.end(), at) ||
               std::any_of(description_.plugins.begin(), description_.plugins.end(), inside) ||
               std::any_of(description_.tools.begin(), description_.tools.end(), of_tool);
    }

    const BundleDescription& description_;
    const BundleFiles& files_;
    const std::string& name_;
    bool complete_;
    Diagnostics& diagnostics_;
};

}  // namespace

bool check_contents(const BundleDescription& description, const BundleFiles& files, const std::string& name,
                    bool complete, Diagnostics& diagnostics) {
    return Check(description, files, name, complete, diagnostics).run();
}

bool check_defaults(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
    auto parsed = parse_toml(text, file, component, AVOCET_ERROR, diagnostics);
    if (!parsed) return false;
    bool good = true;
    // Where code is loaded from and where files are kept is the machine's matter.
    for (const auto& [key, node] : *parsed) {
        if (key.str() != "plugins" && key.str() != "cache") continue;
        good = false;
        diagnostics.error(component, fmt::format("defaults of a bundle cannot set [{}]", key.str()),
                          "they may set run, transport, sink, route and plugin", code::bundle_defaults,
                          place_of(key.source(), file));
    }
    Sources sources{};
    sources.defaults = {file, text};
    return load_config(sources, diagnostics) && good;
}

}  // namespace avocet::core
