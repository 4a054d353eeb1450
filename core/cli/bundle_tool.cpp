// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_tool.hpp"

#include <unistd.h>

#include "bundle/codes.hpp"
#include "bundle/installation.hpp"
#include "cli/exit_codes.hpp"

namespace avocet::core {

namespace {

// Neither is there: what was meant is not known.
int neither(Application& app, const std::string& bundle, const std::string& word,
            const std::vector<BundleHome>& homes) {
    const auto near = closest(bundle, bundle_names(homes));
    app.diagnostics().error(
        "core", "'" + word + "': there is neither a file of this name nor a bundle '" + bundle + "'",
        near.empty() ? "`avocet bundle list` lists the bundles that are installed" : "did you mean '" + near + "'?",
        code::bundle_unknown);
    return kExitIo;
}

}  // namespace

int use_installed_tool(Application& app, TraceOptions& options) {
    if (options.expression || options.arguments.empty()) return kExitOk;
    const std::string word = options.arguments.front();
    const auto slash = word.find('/');
    if (slash == std::string::npos) return kExitOk;
    const auto bundle = word.substr(0, slash), name = word.substr(slash + 1);
    if (!is_bundle_name(bundle) || !is_bundle_name(name)) return kExitOk;
    const auto homes = bundle_homes();
    const auto directory = find_bundle(bundle, homes);
    if (!directory) return access(word.c_str(), F_OK) == 0 ? int{kExitOk} : neither(app, bundle, word, homes);
    auto tool = open_installed_tool(*directory, name, read_trusted_keys(key_directories(homes), app.diagnostics()),
                                    app.diagnostics());
    if (!tool) return kExitPlugin;
    app.bring(std::move(tool->defaults), std::move(tool->plugins));
    SourceInput source;
    source.name = tool->name;
    source.text = std::move(tool->object);
    source.tool = name;
    source.parameters.assign(options.arguments.begin() + 1, options.arguments.end());
    options.tool = std::move(source);
    return kExitOk;
}

}  // namespace avocet::core
