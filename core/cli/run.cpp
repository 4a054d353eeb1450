// SPDX-License-Identifier: Apache-2.0
//
// `avocet run` and `avocet check`.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "avocet/abi/sink.h"
#include "avocet/error.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/outputs.hpp"
#include "cli/recording_source.hpp"
#include "cli/signals.hpp"
#include "cli/source.hpp"
#include "session/compiler.hpp"
#include "session/constants.hpp"
#include "session/recorder.hpp"
#include "session/session.hpp"

namespace avocet::core {

namespace {

struct RunOptions {
    std::optional<std::string> expression;
    std::vector<std::string> arguments;
    std::string command, duration, frontend, backend, emit, disable, record, mode;
    bool test = false, bench = false;
    int32_t pid = -1;
    OutputOptions output;
    std::vector<std::string> include_dirs, settings;
    bool live = false, explain = false, strict = false, unsafe = false, warnings = false, dry_run = false,
         no_cache = false, portable = false;
};

int code_of(SessionEnd end) {
    switch (end) {
        case SessionEnd::normal: return kExitOk;
        case SessionEnd::failed_privilege: return kExitPrivilege;
        case SessionEnd::failed_command: return kExitCommand;
        case SessionEnd::failed_load:
        case SessionEnd::failed_attach: return kExitKernel;
    }
    return kExitInternal;
}

// A program object compiled before: ELF for BPF.
bool is_object(const std::string& text) { return text.size() > 20 && text.compare(0, 4, "\177ELF") == 0; }

class Run {
public:
    Run(Application& app, const RunOptions& options) : app_(app), options_(options) {}

    int run() {
        if (options_.pid != -1 && !options_.command.empty()) {
            app_.diagnostics().error("core", "-c and -p exclude each other", {}, 103);
            return kExitUsage;
        }
        if (!read_duration() || !read_mode()) return kExitUsage;
        if (options_.no_cache) app_.config().cache_enabled = false;
        if (!options_.backend.empty()) app_.config().backend = options_.backend;
        if (auto played = open_recording(app_, options_.expression ? std::string() : first_argument())) {
            program_ = std::move(played->program);
            backend_ = std::move(played->backend);
            settings_.replay = true;
            settings_.replay_attach_names = std::move(played->attach_names);
            settings_.wall_minus_boot_ns = played->wall_minus_boot_ns;
            settings_.transport = played->transport;
            return program_ && backend_ ? trace() : static_cast<int>(kExitIo);
        }
        if (int code = compile(); code != kExitOk) return code;
        if (!program_) return kExitOk;  // only stages were asked for
        return open_backend() ? trace() : static_cast<int>(kExitPlugin);
    }

private:
    std::string first_argument() const {
        return options_.arguments.empty() ? std::string() : options_.arguments.front();
    }

    bool read_duration() {
        if (options_.duration.empty()) return true;
        auto ns = parse_duration_ns(options_.duration);
        if (!ns || *ns <= 0) {
            app_.diagnostics().error("core", "--duration '" + options_.duration + "': not a duration",
                                     "write 5s, 250ms or 1h", 104);
            return false;
        }
        settings_.duration_ns = static_cast<uint64_t>(*ns);
        return true;
    }

    bool read_mode() {
        std::string mode = options_.mode;
        for (auto [given, name] : {std::pair{options_.test, "test"}, {options_.bench, "bench"}}) {
            if (!given) continue;
            if (!mode.empty() && mode != name) {
                app_.diagnostics().error("core", std::string("--") + name + " conflicts with existing --mode", {}, 106);
                return false;
            }
            mode = name;
        }
        settings_.mode = mode == "test" ? SessionMode::test : mode == "bench" ? SessionMode::bench : SessionMode::trace;
        return true;
    }

    int compile() {
        size_t errors = app_.diagnostics().error_count();
        auto source = read_source(options_.expression, options_.arguments, app_.diagnostics());
        if (!source)
            return app_.diagnostics().error_count() > errors && options_.arguments.empty() ? kExitUsage : kExitIo;
        if (is_object(source->text)) {
            program_ = Program::open(std::move(source->text), source->name, app_.diagnostics());
            return program_ ? kExitOk : kExitSource;
        }
        source->frontend = options_.frontend;
        source->include_dirs = options_.include_dirs;
        source->settings = options_.settings;
        source->pid = options_.pid;
        source->has_command = !options_.command.empty();
        source->unsafe = options_.unsafe;
        source->warnings = options_.warnings;
        source->portable = options_.portable;
        source->dump = options_.emit;
        source->disable = options_.disable;
        Compiler compiler(app_.host(), app_.config());
        auto outcome = compiler.compile(*source, [](std::string_view stage, std::string_view text) {
            fmt::print("--- {}\n{}", stage, text);
            if (!text.empty() && text.back() != '\n') fmt::print("\n");
        });
        if (options_.explain && !outcome.cache_note.empty()) fmt::print(stderr, "cache: {}\n", outcome.cache_note);
        if (!outcome.ok) return kExitSource;
        if (!options_.emit.empty()) return kExitOk;
        program_ = std::move(outcome.program);
        return program_ ? kExitOk : kExitInternal;
    }

    bool open_backend() {
        backend_ = app_.take_backend();
        if (!backend_) return false;
        settings_.transport = app_.config().transport == "perf" ? AVOCET_TRANSPORT_PERF : AVOCET_TRANSPORT_RING;
        return true;
    }

    bool start_recording() {
        if (options_.record.empty()) return true;
        try {
            auto recorder = std::make_unique<RecordingBackend>(std::move(backend_), options_.record,
                                                               program_->manifest().tool, settings_.wall_minus_boot_ns);
            recorder_ = recorder.get();
            backend_ = std::move(recorder);
            return true;
        } catch (const Error& e) {
            app_.diagnostics().error("core", e.what(), e.hint(), 105);
            return false;
        }
    }

    int trace() {
        app_.diagnostics().flush(stderr, isatty(STDERR_FILENO));  // warnings come before the first record
        if (!settings_.wall_minus_boot_ns)
            settings_.wall_minus_boot_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
        if (!start_recording()) return kExitIo;
        settings_.pid = options_.pid;
        settings_.command = options_.command;
        settings_.buffer_bytes_per_cpu = app_.config().buffer_bytes_per_cpu;
        settings_.rings = app_.config().rings;
        settings_.drain_interval_ns = app_.config().drain_interval_ns;
        settings_.unsafe = options_.unsafe;
        settings_.warnings = options_.warnings;
        settings_.dry_run = options_.dry_run;
        settings_.live_maps = options_.live;
        app_.host().set_renderer({program_->manifest().settings.str_trunc_trailer});
        Router router(app_.diagnostics());
        if (int code = open_outputs(app_, options_.output, program_->manifest().tool, router); code != kExitOk)
            return code;
        Session session(app_.host(), *program_, std::move(backend_), router, settings_);
        router.on_all_ended([&] { session.request_stop(); });  // `avocet run ... | head` ends when head does
        router.start();
        session.on_planned([&] {
            if (options_.explain) fmt::print(stderr, "{}", explain(session.plans()));
        });
        SessionResult result;
        {
            SignalThread signals([&](int number) { on_signal(number, session, router); });
            result = session.run();
            router.finish();  // sinks ask for symbols to the end, and the recording keeps what they were told
            if (recorder_ && !recorder_->finish(app_.host().symbols().snapshot()))
                app_.diagnostics().warning(
                    "core", "recording '" + options_.record + "' is not complete: " + recorder_->why_failed());
        }
        return conclude(session, router, result);
    }

    void on_signal(int number, Session& session, Router& router) {
        if (number != SIGINT && number != SIGTERM) return session.notify_signal(number);
        ++interrupts_;
        session.request_stop();
        if (interrupts_ == 2) router.abandon();
        if (interrupts_ >= 3) _exit(kExitInterrupted);
    }

    int conclude(Session& session, Router& router, const SessionResult& result) {
        uint64_t undelivered = 0;
        for (const auto& c : router.counts()) {
            if ((!c.dropped && !c.failed) || c.ended) continue;
            undelivered += c.dropped + c.failed;
            fmt::print(stderr, "lost: {} -> {}: {} records dropped by a full queue, {} failed in the sink\n", c.route,
                       c.sink, c.dropped, c.failed);
        }
        for (const auto& e : session.ledger().entries())
            fmt::print(stderr, "{}: {}: {}: {}{}\n", e.record_lost ? "lost" : "incomplete", e.where, e.cause, e.count,
                       e.record_lost ? " records" : "");
        if (result.end != SessionEnd::normal) return code_of(result.end);
        if (interrupts_ >= 2) return kExitInterrupted;
        if (result.exit_code) return result.exit_code;
        return options_.strict && (undelivered || !session.ledger().empty()) ? static_cast<int>(kExitLoss)
                                                                             : static_cast<int>(kExitOk);
    }

    Application& app_;
    const RunOptions& options_;
    std::unique_ptr<Program> program_;
    std::unique_ptr<BackendHandle> backend_;
    RecordingBackend* recorder_ = nullptr;
    SessionSettings settings_;
    std::atomic<int> interrupts_{0};
};

void add_source_options(CLI::App& command, RunOptions& o) {
    command.add_option("-e", o.expression, "The script itself");
    command.add_option("script", o.arguments,
                       "A script file, a compiled object, a recording, or `-`; then the script's parameters");
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

}  // namespace

CommandBody add_run_command(CLI::App& app) {
    auto o = std::make_shared<RunOptions>();
    auto* command = app.add_subcommand("run", "Trace with a script");
    add_source_options(*command, *o);
    command->add_option("--duration", o->duration, "Stop after this long: 10s, 500ms");
    command->add_option("-f,--format", o->output.format, "text or json, of the default output")
        ->check(CLI::IsMember({"text", "json"}));
    command->add_option("-o,--output", o->output.file, "Write data to this file instead of the standard output");
    command->add_option("--sink", o->output.sinks, "Add an output: file:path=/tmp/a.log,format=json")
        ->allow_extra_args(false);
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
        "An interrupt (control-C) stops in order: everything is drained and printed. A second one leaves what sinks "
        "hold.");
    return [o](const GlobalOptions& global) {
        Application application(global);
        if (!application.start()) return application.leave(kExitUsage);
        Run run(application, *o);
        return application.leave(run.run());
    };
}

CommandBody add_check_command(CLI::App& app) {
    auto o = std::make_shared<RunOptions>();
    auto* command =
        app.add_subcommand("check", "Compile a script and verify its types, without running it; needs no privileges");
    add_source_options(*command, *o);
    command->footer(
        "Examples:\n  avocet check opens.bt\n  avocet check -e 'BEGIN { $x = 1; print($x); }' --emit types");
    return [o](const GlobalOptions& global) {
        Application application(global);
        if (!application.start()) return application.leave(kExitUsage);
        auto source = read_source(o->expression, o->arguments, application.diagnostics());
        if (!source) return application.leave(o->arguments.empty() ? kExitUsage : kExitIo);
        source->frontend = o->frontend;
        source->include_dirs = o->include_dirs;
        source->settings = o->settings;
        source->pid = o->pid;
        source->has_command = !o->command.empty();
        source->unsafe = o->unsafe;
        source->dump = o->emit;
        source->disable = o->disable;
        source->check_only = true;
        Compiler compiler(application.host(), application.config());
        auto outcome = compiler.compile(
            *source, [](std::string_view stage, std::string_view text) { fmt::print("--- {}\n{}\n", stage, text); });
        return application.leave(outcome.ok ? kExitOk : kExitSource);
    };
}

}  // namespace avocet::core
