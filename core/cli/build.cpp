// SPDX-License-Identifier: Apache-2.0
//
// `avocet build`: a script becomes a program object that runs without a compiler, here or on another machine.
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/source.hpp"
#include "session/compiler.hpp"

namespace avocet::core {

namespace {

struct BuildOptions {
    std::optional<std::string> expression;
    std::vector<std::string> arguments, include_dirs, settings;
    std::string output, target = "portable", frontend;
    bool unsafe = false;
};

std::string output_path(const BuildOptions& o) {
    if (!o.output.empty()) return o.output;
    if (o.expression || o.arguments.empty() || o.arguments.front() == "-") return {};
    return std::filesystem::path(o.arguments.front()).filename().replace_extension(".o").string();
}

int build(Application& app, const BuildOptions& o) {
    auto source = read_source(o.expression, o.arguments, app.diagnostics());
    if (!source) return o.arguments.empty() ? kExitUsage : kExitIo;
    const std::string path = output_path(o);
    if (path.empty()) {
        app.diagnostics().error("core", "a script without a file name needs the name of the object", "add -o FILE.o",
                                106);
        return kExitUsage;
    }
    if (!o.expression && o.arguments.size() > 1)
        app.diagnostics().warning("core", "the script's parameters are fixed in the object",
                                  "named options (getopt) stay options of the object", 107);
    source->frontend = o.frontend;
    source->include_dirs = o.include_dirs;
    source->settings = o.settings;
    source->unsafe = o.unsafe;
    source->portable = o.target == "portable";
    Compiler compiler(app.host(), app.config());
    auto outcome = compiler.compile(*source, [](std::string_view, std::string_view) {});
    if (!outcome.ok || !outcome.program) return kExitSource;
    const auto& elf = outcome.program->elf();
    std::string why;
    if (replace_file(path, {reinterpret_cast<const char*>(elf.data()), elf.size()}, why)) return kExitOk;
    app.diagnostics().error("core", "object '" + path + "': cannot be written: " + why, {}, 108);
    return kExitIo;
}

}  // namespace

CommandBody add_build_command(CLI::App& app) {
    auto o = std::make_shared<BuildOptions>();
    auto* command = app.add_subcommand("build", "Compile a script into an object that runs without a compiler");
    command->add_option("-e", o->expression, "The script itself");
    command->add_option("script", o->arguments, "A script file or `-`; then the script's parameters");
    command->add_option("-o,--output", o->output, "The object; without it, the script's name with .o, here");
    command
        ->add_option("--target", o->target,
                     "portable: for any machine; local: specialised to this kernel and these files")
        ->check(CLI::IsMember({"portable", "local"}));
    command->add_option("--frontend", o->frontend, "Language, when the file name does not tell");
    command->add_option("-I", o->include_dirs, "Directory for headers")->allow_extra_args(false);
    command->add_option("--option", o->settings, "Script setting: max_map_keys=8192")->allow_extra_args(false);
    command->add_flag("--unsafe", o->unsafe, "Allow what can change the traced system");
    command->footer(
        "Examples:\n"
        "  avocet build opens.bt -o opens.o && avocet run opens.o\n"
        "  avocet build -e 'tracepoint:sched:sched_switch { @[args.next_comm] = count(); }' -o switches.o\n"
        "  avocet build slow.bt --target local");
    return [o](const GlobalOptions& global) {
        Application application(global);
        if (!application.start()) return application.leave(kExitUsage);
        return application.leave(build(application, *o));
    };
}

}  // namespace avocet::core
