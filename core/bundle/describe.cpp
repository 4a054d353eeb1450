// SPDX-License-Identifier: Apache-2.0
//
// A bundle as text: what is in it, and what each part needs.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bundle/bundle.hpp"
#include "config/layers.hpp"
#include "host/sidecar.hpp"
#include "program/program.hpp"

namespace avocet::core {
namespace {

template <class List>
std::string joined(const List& words) {
    return words.empty() ? "none" : printable(fmt::format("{}", fmt::join(words, ", ")));
}

std::string describe_tool(const BundleTool& tool, const std::string& object,
                          const std::vector<std::string>& capabilities) {
    auto out = fmt::format("  {:<18} {}\n", tool.name, tool.summary);
    Diagnostics unheard;  // it was opened before
    auto program = Program::open(object, tool.name, unheard);
    if (!program) return out;
    const auto& manifest = program->manifest();
    std::set<std::string> types;
    for (const auto& function : manifest.functions) types.insert(function.context);
    out += fmt::format("  {:<18} program types: {}\n", "", joined(types));
    out += fmt::format("  {:<18} needs: capabilities {}; kernel features {}\n", "", joined(capabilities),
                       joined(manifest.needs));
    const bool commands = std::any_of(manifest.outputs.begin(), manifest.outputs.end(),
                                      [](const ManifestOutput& o) { return o.kind == "system"; });
    if (commands) out += fmt::format("  {:<18} runs commands on this machine, with --unsafe\n", "");
    return out;
}

std::string describe_plugin(const BundlePath& plugin, const BundleFiles& files) {
    Diagnostics unheard;
    const auto path = plugin.path + "/plugin.toml";
    const auto sidecar = parse_sidecar(files.at(path).bytes, path, unheard);
    return fmt::format("  {:<18} {} {}: {}\n  {:<18} needs: capabilities {}; files {}; network {}\n", sidecar.id,
                       sidecar.kind, printable(sidecar.version), printable(sidecar.summary), "",
                       joined(sidecar.capabilities), joined(sidecar.files), joined(sidecar.network));
}

std::string describe_defaults(const std::string& text) {
    Diagnostics unheard;
    Sources sources{};
    sources.defaults = {"defaults", text};
    const auto config = load_config(sources, unheard);
    if (!config) return {};
    std::vector<std::string> sinks, routes;
    for (const auto& sink : config->sinks)
        sinks.push_back(sink.name == sink.type ? sink.name : fmt::format("{} ({})", sink.name, sink.type));
    for (const auto& route : config->routes)
        routes.push_back(fmt::format("{} -> {}", route.name, fmt::join(route.sinks, ", ")));
    return fmt::format("defaults\n  {:<18} {}\n  {:<18} {}\n", "sinks", joined(sinks), "routes", joined(routes));
}

}  // namespace

std::string describe_bundle(const Bundle& bundle, const std::vector<std::string>& capabilities) {
    const auto& d = bundle.description;
    auto out = fmt::format("bundle {} {}: {}\n  publisher {}\n", d.name, d.version, d.summary, d.publisher);
    if (!d.license.empty()) out += fmt::format("  license {}\n", d.license);
    if (!d.tools.empty()) out += "tools\n";
    for (const auto& tool : d.tools)
        out += describe_tool(tool, bundle.files.at(object_path(tool.name)).bytes, capabilities);
    if (!d.plugins.empty()) out += "plugins\n";
    for (const auto& plugin : d.plugins) out += describe_plugin(plugin, bundle.files);
    if (d.defaults) out += describe_defaults(bundle.files.at(d.defaults->path).bytes);
    if (!d.docs.empty()) out += "documents\n";
    for (const auto& doc : d.docs) out += fmt::format("  {}\n", doc.path);
    return out;
}

}  // namespace avocet::core
