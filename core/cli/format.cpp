// SPDX-License-Identifier: Apache-2.0
//
// `avocet fmt`: scripts in standard form. Parses only; needs no privileges.
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/source.hpp"
#include "session/compiler.hpp"

namespace avocet::core {

namespace {

struct FormatOptions {
    std::optional<std::string> expression;
    std::vector<std::string> files;
    std::string frontend;
    bool check = false, in_place = false;
};

class Formatter {
public:
    Formatter(Application& app, const FormatOptions& options) : app_(app), options_(options) {}

    int run() {
        int code = kExitOk;
        std::vector<std::string> files = options_.files;
        if (options_.expression || files.empty()) files.insert(files.begin(), "-");
        for (const auto& file : files) code = std::max(code, one(file));
        return code;
    }

private:
    int one(const std::string& file) {
        const bool is_expression = options_.expression && file == "-";
        auto source = read_source(is_expression ? options_.expression : std::nullopt, {file}, app_.diagnostics());
        if (!source) return kExitIo;
        source->frontend = options_.frontend;
        auto text = Compiler(app_.host(), app_.config()).format(*source);
        if (!text) return kExitSource;
        if (options_.check) return report_difference(file, *text == source->text);
        if (options_.in_place && file != "-") return *text == source->text ? kExitOk : replace(file, *text);
        std::fwrite(text->data(), 1, text->size(), stdout);
        return kExitOk;
    }

    int report_difference(const std::string& file, bool same) const {
        if (!same) fmt::print("{}\n", file == "-" ? "stdin" : file);
        return same ? kExitOk : kExitSource;
    }

    int replace(const std::string& file, const std::string& text) {
        std::string why;
        if (replace_file(file, text, why)) return kExitOk;
        app_.diagnostics().error("core", "file '" + file + "': cannot be replaced: " + why, {}, 121);
        return kExitIo;
    }

    Application& app_;
    const FormatOptions& options_;
};

}  // namespace

CommandBody add_fmt_command(CLI::App& app) {
    auto o = std::make_shared<FormatOptions>();
    auto* command = app.add_subcommand("fmt", "Print scripts in standard form; comments stay");
    command->add_option("file", o->files, "Scripts, or `-`; without any, standard input");
    command->add_option("-e", o->expression, "The script itself");
    command->add_option("--frontend", o->frontend, "Language, when the file name does not tell");
    auto* check =
        command->add_flag("--check", o->check, "Name the files that differ, and exit with 1 if there are any");
    command->add_flag("-i,--in-place", o->in_place, "Replace the files")->excludes(check);
    command->footer("Examples:\n  avocet fmt opens.bt\n  avocet fmt -i *.bt\n  avocet fmt --check tools/*.bt");
    return [o](const GlobalOptions& global) {
        Application application(global);
        if (!application.start()) return application.leave(kExitUsage);
        return application.leave(Formatter(application, *o).run());
    };
}

}  // namespace avocet::core
