// SPDX-License-Identifier: Apache-2.0
//
// `avocet run` and `avocet check`: their options. What they do is in tracing.cpp and session/compiler.cpp.
#include <fmt/format.h>

#include "cli/bundle_tool.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/message_json.hpp"
#include "cli/source.hpp"
#include "cli/tracing.hpp"

namespace avocet::core {

namespace {

void add_source_options(CLI::App& command, TraceOptions& o) {
    command.add_option("-e", o.expression, "The script itself");
    command.add_option("script", o.arguments,
                       "A script file, a compiled object, a recording, or `-`; with run, also BUNDLE/TOOL of an "
                       "installed bundle; then the script's parameters");
    command.add_option("--frontend", o.frontend, "Language, when the file name does not tell");
    command.add_option("-p,--pid", o.pid, "Only this process; ends with it")->check(CLI::PositiveNumber);
    command.add_option("-c,--cmd", o.command, "Run this command once everything is attached; ends with it");
    command.add_option("-I", o.include_dirs, "Directory for headers")->allow_extra_args(false);
    command.add_option("--option", o.settings, "Script setting: max_map_keys=8192")->allow_extra_args(false);
    command.add_option("--emit", o.emit, "Print compiler stages and stop: ast,types,manifest,llvm,asm,passes");
    command.add_option("--disable-pass", o.disable, "Leave out optional compiler passes");
    command.add_flag("--unsafe", o.unsafe, "Allow what can change the traced system");
    command.add_flag("-k,--warnings", o.warnings, "Also report failed reads and missing keys");
}

int compile_check(Application& app, const TraceOptions& options) {
    if (!check_stages(options.emit, app.diagnostics())) return kExitUsage;
    auto source = read_source(options.expression, options.arguments, app.diagnostics());
    if (!source) return options.arguments.empty() ? kExitUsage : kExitIo;
    std::vector<std::string> named;
    take_named_options(source->parameters, named);
    apply_options(options, *source);
    const bool wants_plan = take_stage(source->dump, "plan");
    source->check_only = !wants_plan && source->dump.find("asm") == std::string::npos;
    auto outcome =
        Compiler(app.host(), app.config()).compile(*source, [](std::string_view stage, std::string_view text) {
            fmt::print("--- {}\n{}{}", stage, text, text.ends_with('\n') ? "" : "\n");
        });
    if (!outcome.ok) return kExitSource;
    return wants_plan && !print_plan(app, *outcome.program, options) ? kExitKernel : kExitOk;
}

int check_source(Application& app, const TraceOptions& options, bool json) {
    const int code = compile_check(app, options);
    if (json) fmt::print("{}", json_lines(app.diagnostics().take()));
    return code;
}

}  // namespace

CommandBody add_run_command(CLI::App& app) {
    auto o = std::make_shared<TraceOptions>();
    auto* command = app.add_subcommand("run", "Trace with a script");
    add_source_options(*command, *o);
    command->add_option("--dwarf-pid", o->unwound_pids, "Also read the unwind tables of this process, for dw_ustack")
        ->check(CLI::PositiveNumber)
        ->allow_extra_args(false);
    command->add_option("--duration", o->duration, "Stop after this long: 10s, 500ms");
    command->add_option("-f,--format", o->output.format, "text, json or records, of the default output")
        ->check(CLI::IsMember({"text", "json", "records"}));
    command->add_option("-o,--output", o->output.file, "Write data to this file instead of the standard output");
    command->add_option("--sink", o->output.sinks, "Add an output: file:path=/tmp/a.log,format=json")
        ->allow_extra_args(false);
    command->add_flag("--no-default-sink", o->output.no_default,
                      "Only the outputs that --sink and the configuration name");
    command->add_option("--route", o->output.routes, "What goes where: 'event,map -> NAME'")->allow_extra_args(false);
    command->add_option("--record", o->record, "Also record the session into this file, to be run again anywhere");
    command->add_option("--mode", o->mode, "trace; or run the script's test or bench probes and end")
        ->check(CLI::IsMember({"trace", "test", "bench"}));
    command->add_flag("--test", o->test, "The same as --mode test");
    command->add_flag("--bench", o->bench, "The same as --mode bench");
    command->add_option("--backend", o->backend, "Execution engine");
    command->add_flag("--explain", o->explain, "Say what is attached, what was merged, and why");
    command->add_flag("--strict", o->strict, "Exit with status 5 if anything was lost");
    command->add_flag("--live", o->live, "On a terminal, a map that is printed again replaces its last print");
    command->add_flag("--top", o->top, "On a terminal, all maps on a live screen: arrows scroll, s sorts, q quits");
    command->add_option("--maps-every", o->maps_every, "Show every map so often: 5s; with --top, each second");
    command->add_flag("--dry-run", o->dry_run, "Stop when everything is attached");
    command->add_flag("--no-cache", o->no_cache, "Compile even if nothing has changed");
    command->add_flag("-q,--quiet", o->output.quiet, "Data only: do not say how many probes are attached");
    command->footer(
        "Examples:\n"
        "  avocet run -e 'BEGIN { printf(\"hello\\n\"); exit(); }'\n"
        "  avocet run opens.bt --duration 10s\n"
        "  avocet run -e 't:syscalls:sys_enter_* { @[probe] = count(); }' -c 'ls -l /tmp'\n"
        "  avocet run -e 'profile:hz:99 { @[kstack, comm] = count(); }' -p 1234\n"
        "  avocet run slow.bt 10 --sink file:path=/var/log/slow.ndjson,format=json --strict\n"
        "  avocet run opens.bt --record opens.avrec && avocet run opens.avrec\n"
        "  avocet run acme/opens -- --help     a tool of an installed bundle (avocet bundle list)\n"
        "An interrupt (control-C) stops in order: everything is drained and printed. A second one leaves what sinks "
        "hold.\n"
        "SIGHUP reads the configuration again: sinks and routes change without a record lost, or stay if it has "
        "errors.");
    return [o](const GlobalOptions& global) {
        Application application(global);
        if (int code = use_installed_tool(application, *o); code != kExitOk) return application.leave(code);
        if (!application.start()) return application.leave(kExitUsage);
        o->reloads = true;
        if (o->top) o->output.settings.emplace_back("top", "true");
        o->output.top = o->top;
        return application.leave(Tracing(application, *o).run());
    };
}

CommandBody add_check_command(CLI::App& app) {
    auto o = std::make_shared<TraceOptions>();
    auto json = std::make_shared<bool>(false);
    auto* command =
        app.add_subcommand("check", "Compile a script and verify its types, without running it; needs no privileges");
    add_source_options(*command, *o);
    command->add_flag("--json", *json, "Messages as JSON, one object on each line, on the standard output");
    command->footer(
        "Examples:\n  avocet check opens.bt\n  avocet check -e 'BEGIN { $x = 1; print($x); }' --emit types");
    return [o, json](const GlobalOptions& global) {
        Application application(global);
        if (!application.start()) return application.leave(kExitUsage);
        return application.leave(check_source(application, *o, *json));
    };
}

}  // namespace avocet::core
