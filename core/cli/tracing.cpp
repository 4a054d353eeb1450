// SPDX-License-Identifier: Apache-2.0
#include "cli/tracing.hpp"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "avocet/abi/sink.h"
#include "avocet/error.hpp"
#include "cli/bpftrace_environment.hpp"
#include "cli/exit_codes.hpp"
#include "cli/object_script.hpp"
#include "cli/recording_source.hpp"
#include "cli/signals.hpp"
#include "cli/source.hpp"
#include "session/constants.hpp"
#include "session/named_options.hpp"

namespace avocet::core {

namespace {

constexpr auto same_interrupt = std::chrono::milliseconds(100);

}  // namespace

// "--x" among the parameters is a named option: getopt takes options of the command itself away.
void take_named_options(std::vector<std::string>& parameters, std::vector<std::string>& named) {
    for (auto& p : parameters)
        if (p.starts_with('\1')) p.erase(0, 1);  // main.cpp put it there
    for (auto& p : parameters)
        if (p.starts_with("--")) named.push_back(std::move(p));
    std::erase_if(parameters, [](const auto& p) { return p.empty() || p.starts_with("--"); });
}

bool take_stage(std::string& stages, std::string_view stage) {
    std::string rest;
    bool found = false;
    for (size_t start = 0; start <= stages.size();) {
        const size_t end = std::min(stages.find(',', start), stages.size());
        const std::string word = stages.substr(start, end - start);
        if (word == stage)
            found = true;
        else if (!word.empty())
            rest += (rest.empty() ? "" : ",") + word;
        start = end + 1;
    }
    stages = rest;
    return found;
}

bool check_stages(const std::string& stages, Diagnostics& diagnostics) {
    static const std::vector<std::string> known{"ast", "types", "plan", "manifest", "llvm", "asm", "passes", "c"};
    std::string rest = stages;
    for (const auto& stage : known) take_stage(rest, stage);
    if (rest.empty()) return true;
    const std::string near = closest(rest, known);
    diagnostics.error("core", fmt::format("--emit '{}': no such stage; there are {}", rest, fmt::join(known, ", ")),
                      near.empty() ? std::string() : "did you mean '" + near + "'?", 122);
    return false;
}

bool print_plan(Application& app, const Program& program, const TraceOptions& options) {
    PlannerSettings settings;
    settings.pid = options.pid;
    settings.spec_flags = options.unsafe ? static_cast<uint32_t>(AVOCET_SPEC_UNSAFE) : 0u;
    settings.missing = program.manifest().settings.missing_probes;
    PlanSet plans;
    if (!plan_program(program.manifest(), app.host(), settings, plans)) return false;
    fmt::print("--- plan\n{}", explain(plans));
    return true;
}

void apply_options(const TraceOptions& options, SourceInput& source) {
    source.frontend = options.frontend;
    source.include_dirs = options.include_dirs;
    source.include_files = options.include_files;
    source.settings = bpftrace_settings_of_environment();  // they win over the script, --option over them
    source.settings.insert(source.settings.end(), options.settings.begin(), options.settings.end());
    source.pid = options.pid;
    source.has_command = !options.command.empty();
    source.unsafe = options.unsafe;
    source.warnings = options.warnings;
    source.portable = options.portable;
    source.dump = options.emit;
    source.disable = options.disable;
}

int Tracing::run() {
    if (options_.pid != -1 && !options_.command.empty()) {
        app_.diagnostics().error("core", "-c and -p exclude each other", {}, 103);
        return kExitUsage;
    }
    if (!read_duration() || !read_mode() || !check_stages(options_.emit, app_.diagnostics())) return kExitUsage;
    if (options_.no_cache) app_.config().cache_enabled = false;
    if (!options_.backend.empty()) app_.config().backend = options_.backend;
    if (auto played = open_recording(app_, options_.expression || options_.tool ? std::string() : first_argument())) {
        program_ = std::move(played->program);
        backend_ = std::move(played->backend);
        settings_.replay = true;
        settings_.replay_attach_names = std::move(played->attach_names);
        settings_.replay_shows = std::move(played->shows);
        settings_.wall_minus_boot_ns = played->wall_minus_boot_ns;
        settings_.transport = played->transport;
        if (!program_ || !backend_) return kExitIo;
        if (!replay_options(std::move(played->options))) return kExitSource;
    } else {
        if (int code = compile_arguments(); code != kExitOk) return code;
        if (!program_) return kExitOk;  // only stages were asked for
        if (!open_backend()) return kExitPlugin;
    }
    SessionResult result;
    const size_t before = app_.diagnostics().mark();
    if (int code = trace(result); code != kExitOk) return code;
    if (result.rejected && source_ && options_.record.empty()) {
        app_.diagnostics().take_back(before);
        if (!compile_once_more()) return kExitSource;
        if (!open_backend()) return kExitPlugin;
        if (int code = trace(result); code != kExitOk) return code;
    }
    report_losses();
    return conclude(result);
}

std::string Tracing::first_argument() const {
    return options_.arguments.empty() ? std::string() : options_.arguments.front();
}

bool Tracing::read_duration() {
    if (!options_.maps_every.empty() || options_.top) {
        const auto every = parse_duration_ns(options_.maps_every.empty() ? "1s" : options_.maps_every);
        if (!every || *every < 10'000'000) {
            app_.diagnostics().error("core",
                                     "--maps-every '" + options_.maps_every + "': not a duration of at least 10ms",
                                     "write 1s or 250ms", 104);
            return false;
        }
        settings_.show_maps_every_ns = static_cast<uint64_t>(*every);
    }
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

bool Tracing::read_mode() {
    std::string mode = options_.mode;
    for (auto [given, name] : {std::pair{options_.test, "test"}, {options_.bench, "bench"}}) {
        if (!given) continue;
        if (!mode.empty() && mode != name) {
            app_.diagnostics().error("core", std::string("--") + name + " conflicts with existing --mode", {}, 123);
            return false;
        }
        mode = name;
    }
    settings_.mode = mode == "test" ? SessionMode::test : mode == "bench" ? SessionMode::bench : SessionMode::trace;
    return true;
}

int Tracing::compile_arguments() {
    if (options_.tool) return compile(*options_.tool);
    size_t errors = app_.diagnostics().error_count();
    auto source = read_source(options_.expression, options_.arguments, app_.diagnostics());
    if (!source) return app_.diagnostics().error_count() > errors && options_.arguments.empty() ? kExitUsage : kExitIo;
    return compile(std::move(*source));
}

int Tracing::compile(SourceInput source) {
    std::vector<std::string> named;
    take_named_options(source.parameters, named);
    if (auto object = object_of(source.text)) {
        program_ = Program::open(std::move(*object), source.name, app_.diagnostics());
        if (program_) take_short_options(source.parameters, program_->manifest(), named);
        named_ = named;
        return program_ && set_named(named) ? kExitOk : kExitSource;
    }
    apply_options(options_, source);
    const bool wants_plan = take_stage(source.dump, "plan");
    Compiler compiler(app_.host(), app_.config());
    auto outcome = compiler.compile(source, [](std::string_view stage, std::string_view text) {
        fmt::print("--- {}\n{}", stage, text);
        if (!text.empty() && text.back() != '\n') fmt::print("\n");
    });
    if (options_.explain && !outcome.cache_note.empty()) fmt::print(stderr, "cache: {}\n", outcome.cache_note);
    if (!outcome.ok) return kExitSource;
    program_ = std::move(outcome.program);
    if (!program_) return kExitInternal;
    take_short_options(source.parameters, program_->manifest(), named);
    if (take_build_options(named, program_->manifest(), source.settings)) {  // known only now: once more, with them
        outcome = compiler.compile(source, {});
        program_ = std::move(outcome.program);
        if (!outcome.ok || !program_) return kExitSource;
    }
    if (!set_named(named)) return kExitSource;
    named_ = named;
    if (!program_->manifest().if_rejected.empty()) source_ = std::move(source);
    if (wants_plan && !print_plan(app_, *program_, options_)) return kExitKernel;
    if (!options_.emit.empty()) program_.reset();
    return kExitOk;
}

// With the settings that the program names for the case that the verifier refuses it.
bool Tracing::compile_once_more() {
    const auto& settings = program_->manifest().if_rejected;
    source_->settings.insert(source_->settings.end(), settings.begin(), settings.end());
    if (options_.explain)
        fmt::print(stderr, "the verifier refused the program; compiled again with {}\n", fmt::join(settings, ", "));
    auto outcome = Compiler(app_.host(), app_.config()).compile(*source_, {});
    program_ = std::move(outcome.program);
    settings_.constants.erase(settings_.constants.end() - static_cast<ptrdiff_t>(options_.constants.size()),
                              settings_.constants.end());  // trace() adds them
    return outcome.ok && program_ && set_named(named_);
}

bool Tracing::set_named(const std::vector<std::string>& named) {
    std::string help;
    switch (read_named_options(named, *program_, app_.diagnostics(), settings_.constants, help)) {
        case NamedOptions::good: return true;
        case NamedOptions::help: fmt::print(stderr, "hint: {}\n", help); return false;
        case NamedOptions::bad: return false;
    }
    return false;
}

// Those that it was recorded with, and those that are given now in their place.
bool Tracing::replay_options(std::vector<std::string> recorded) {
    std::vector<std::string> parameters, named;
    if (!options_.arguments.empty()) parameters.assign(options_.arguments.begin() + 1, options_.arguments.end());
    take_named_options(parameters, named);
    take_short_options(parameters, program_->manifest(), named);
    replace_options(recorded, named);
    std::string help;
    const auto result = read_named_options(recorded, *program_, app_.diagnostics(), settings_.constants, help, true);
    if (result == NamedOptions::help) fmt::print(stderr, "hint: {}\n", help);
    return result == NamedOptions::good;
}

bool Tracing::open_backend() {
    backend_ = app_.take_backend();
    if (!backend_) return false;
    settings_.transport = app_.config().transport == "perf" ? AVOCET_TRANSPORT_PERF : AVOCET_TRANSPORT_RING;
    return true;
}

bool Tracing::start_recording() {
    if (options_.record.empty()) return true;
    try {
        auto recorder = std::make_unique<RecordingBackend>(
            std::move(backend_), options_.record, program_->manifest().tool, settings_.wall_minus_boot_ns, named_);
        recorder_ = recorder.get();
        backend_ = std::move(recorder);
        return true;
    } catch (const Error& e) {
        app_.diagnostics().error("core", e.what(), e.hint(), 105);
        return false;
    }
}

int Tracing::trace(SessionResult& result) {
    app_.diagnostics().flush(stderr, isatty(STDERR_FILENO));  // warnings come before the first record
    if (!settings_.wall_minus_boot_ns)
        settings_.wall_minus_boot_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
    if (!start_recording()) return kExitIo;
    settings_.pid = options_.pid;
    settings_.unwound_pids = options_.unwound_pids;
    settings_.command = options_.command;
    settings_.buffer_bytes_per_cpu = app_.config().buffer_bytes_per_cpu;
    settings_.rings = app_.config().rings;
    settings_.drain_interval_ns = app_.config().drain_interval_ns;
    settings_.unsafe = options_.unsafe;
    settings_.warnings = options_.warnings;
    settings_.dry_run = options_.dry_run;
    settings_.live_maps = options_.live || options_.top;
    for (const auto& constant : options_.constants) settings_.constants.push_back(constant);
    render_.truncation_trailer = program_->manifest().settings.str_trunc_trailer;
    app_.host().set_renderer(render_);
    Router router(app_.diagnostics(), &app_.host().renderer());
    if (int code = open_outputs(app_, app_.config(), nullptr, outputs(), program_->manifest().tool, router,
                                settings_.stream, settings_.event_times);
        code != kExitOk)
        return code;
    Session session(app_.host(), *program_, std::move(backend_), router, settings_);
    session.on_reload([&] { reload(router); });
    router.on_all_ended([&] { session.request_stop(); });  // `avocet run ... | head` ends when head does
    router.start();
    session.on_planned([&] {
        if (options_.explain) fmt::print(stderr, "{}", explain(session.plans()));
        if (planned_) planned_(session.plans());
    });
    {
        SignalThread signals([&](int number) { on_signal(number, session, router); });
        result = session.run();
        router.finish();  // sinks ask for symbols to the end, and the recording keeps what they were told
        if (recorder_ && !recorder_->finish(app_.host().symbols().snapshot()))
            app_.diagnostics().warning(
                "core", "recording '" + options_.record + "' is not complete: " + recorder_->why_failed());
    }
    losses_ = session.ledger().entries();
    report_undelivered(router);
    return kExitOk;
}

// Who takes the stream whole is decided when the program is loaded.
bool Tracing::keeps_stream(const Config& next, const std::optional<StreamWish>& stream) {
    const auto& now = settings_.stream;
    const bool there = now && std::any_of(next.sinks.begin(), next.sinks.end(),
                                          [&](const SinkConfig& sink) { return sink.name == now->sink; });
    if (now.has_value() == stream.has_value() && now.has_value() == there) return true;
    app_.diagnostics().error("core", "a sink that takes the events whole can neither come nor go while records flow",
                             "start again with this configuration", 118);
    return false;
}

// The new graph is built beside the old one; only if all of it is good do records go there.
void Tracing::reload(Router& router) {
    auto next = app_.reload_config();
    bool good = next && check_plugins(*next, app_.host().registry(), app_.diagnostics());
    if (good) {
        router.begin_replacement();
        auto stream = settings_.stream;            // of a sink that is kept
        bool event_times = settings_.event_times;  // decided when the program was loaded
        good = open_outputs(app_, *next, &app_.config(), outputs(), program_->manifest().tool, router, stream,
                            event_times) == kExitOk;
        if (good && !keeps_stream(*next, stream)) good = false;
        if (!good) router.cancel_replacement();
    }
    app_.diagnostics().flush(stderr, isatty(STDERR_FILENO));
    if (!good) {
        fmt::print(stderr, "configuration not reloaded: sinks and routes stay as they are\n");
        return;
    }
    router.replace();
    app_.config().sinks = std::move(next->sinks);
    app_.config().routes = std::move(next->routes);
    fmt::print(stderr, "configuration reloaded: {} sinks, {} routes\n", app_.config().sinks.size(),
               app_.config().routes.size());
}

void Tracing::on_signal(int number, Session& session, Router& router) {
    if (number == SIGHUP) {
        if (options_.reloads) return session.request_reload();
        number = SIGTERM;
    }
    if (number != SIGINT && number != SIGTERM) return session.notify_signal(number);
    // timeout(1), and shells that pass on what they were sent, interrupt twice at once: that is one interrupt.
    const auto now = std::chrono::steady_clock::now();
    if (interrupts_ > 0 && now - last_interrupt_ < same_interrupt) return;
    last_interrupt_ = now;
    ++interrupts_;
    session.request_stop();
    if (interrupts_ == 2) router.abandon();
    if (interrupts_ >= 3) _exit(kExitInterrupted);
}

}  // namespace avocet::core
