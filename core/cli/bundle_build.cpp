// SPDX-License-Identifier: Apache-2.0
//
// A vendor's directory to an archive. Scripts are compiled with the directory as the current one, under the names that
// bundle.toml gives them: what an object says of its source is the same wherever it was built.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "avocet/error.hpp"
#include "bundle/archive.hpp"
#include "bundle/codes.hpp"
#include "bundle/directory.hpp"
#include "cli/bundle.hpp"
#include "cli/exit_codes.hpp"
#include "cli/source.hpp"
#include "session/compiler.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

constexpr const char* component = "core.bundle";

// Another current directory, until this goes.
class CurrentDirectory {
public:
    explicit CurrentDirectory(const fs::path& directory) : before_(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
        good_ = before_ && chdir(directory.c_str()) == 0;
    }
    ~CurrentDirectory() {
        if (good_ && fchdir(before_.get()) != 0) good_ = false;
    }
    CurrentDirectory(const CurrentDirectory&) = delete;
    explicit operator bool() const { return good_; }

private:
    FileDescriptor before_;
    bool good_ = false;
};

std::optional<std::string> compile_tool(Application& app, const BundleTool& tool, const fs::path& directory,
                                        const BundleOptions& o) {
    const auto extension = fs::path(tool.file).extension().string();
    const Sidecar* frontend = app.host().registry().find_extension(extension);
    if (!frontend || frontend->kind != "frontend") {
        app.diagnostics().error(component, fmt::format("'{}': no frontend is installed for it", tool.file),
                                "`avocet plugins` lists what is", code::bundle_tool, tool.place);
        return std::nullopt;
    }
    CurrentDirectory there(directory);
    auto source = there ? read_source({}, {tool.file}, app.diagnostics()) : std::nullopt;
    if (!source) return std::nullopt;
    source->tool = tool.name;
    source->include_dirs = o.include_dirs;
    source->unsafe = o.unsafe;
    source->portable = true;
    auto outcome = Compiler(app.host(), app.config()).compile(*source, {});
    if (!outcome.ok || !outcome.program) return std::nullopt;
    return outcome.program->elf();
}

std::optional<SecretKey> read_signing_key(const std::string& file, Diagnostics& diagnostics) {
    std::string why;
    auto text = read_bundle_file(file, why);
    auto key = text ? read_secret_key(text->bytes, why) : std::nullopt;
    if (!key)
        diagnostics.error(component, fmt::format("key '{}' cannot be used: it {}", file, why),
                          "a file NAME.key of `avocet bundle keygen`", code::bundle_key);
    return key;
}

// What bundle.toml names; its mistakes are told when it is built.
std::vector<fs::path> plugins_of(const fs::path& directory) {
    std::string why;
    Diagnostics unheard;
    auto text = read_bundle_file(directory / description_file, why);
    auto description = text ? parse_description(text->bytes, {}, unheard) : std::nullopt;
    std::vector<fs::path> out;
    if (description)
        for (const auto& plugin : description->plugins) out.push_back(fs::absolute(directory) / plugin.path);
    return out;
}

std::optional<Bundle> compile_bundle(Application& app, const fs::path& directory, const BundleOptions& o,
                                     const SecretKey* key) {
    BundleOptions absolute = o;
    for (auto& include : absolute.include_dirs) include = fs::absolute(include).string();
    return build_bundle(
        directory, [&](const BundleTool& tool) { return compile_tool(app, tool, directory, absolute); }, key,
        app.diagnostics());
}

}  // namespace

int build_archive(Application& app, const BundleOptions& o) {
    app.bring(std::nullopt, plugins_of(o.file));
    if (!app.start()) return kExitUsage;
    std::optional<SecretKey> key;
    if (!o.key.empty() && !(key = read_signing_key(o.key, app.diagnostics()))) return kExitIo;
    auto bundle = compile_bundle(app, o.file, o, key ? &*key : nullptr);
    if (!bundle) return kExitSource;
    if (o.output.empty()) {
        fmt::print("{}good, and not written: -o FILE.avb does\n", describe_here(app, *bundle));
        return kExitOk;
    }
    std::string why;
    auto archive = write_bundle_archive(bundle->files, why);
    if (archive && replace_file(o.output, *archive, why)) {
        const auto signature = key ? "signed by key " + key_id_text(key->id) : std::string("not signed");
        fmt::print("{}: {} {}, {} files, {}\n", o.output, bundle->description.name, bundle->description.version,
                   bundle->files.size(), signature);
        return kExitOk;
    }
    app.diagnostics().error(component, fmt::format("bundle '{}': cannot be written: {}", o.output, why), {},
                            code::bundle_write);
    return kExitIo;
}

}  // namespace avocet::core
