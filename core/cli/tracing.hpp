// SPDX-License-Identifier: Apache-2.0
//
// One trace from the command line: source or recording -> program -> backend and outputs -> session -> exit status.
// Shared by `avocet run` and `avocet bpftrace`, which differ in how options are written and in how the end is told.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/application.hpp"
#include "cli/outputs.hpp"
#include "session/compiler.hpp"
#include "session/recorder.hpp"
#include "session/session.hpp"

namespace avocet::core {

struct TraceOptions {
    std::optional<std::string> expression;
    std::vector<std::string> arguments;
    std::optional<SourceInput> tool;  // of an installed bundle: instead of the two above
    std::string command, duration, frontend, backend, emit, disable, record, mode;
    bool test = false, bench = false;
    int32_t pid = -1;
    std::vector<uint32_t> unwound_pids;  // --dwarf-pid
    OutputOptions output;
    std::vector<std::string> include_dirs, include_files, settings;
    std::string maps_every;  // show all maps so often; empty: never, with `top` each second
    bool top = false;        // the default output as a live screen
    bool live = false, explain = false, strict = false, unsafe = false, warnings = false, dry_run = false,
         no_cache = false, portable = false;
    bool reloads = false;  // SIGHUP reads the configuration again instead of ending the run
    std::vector<std::pair<std::string, std::string>> constants;  // of named options
};

class Tracing {
public:
    // With a program: it is not compiled again.
    Tracing(Application& app, const TraceOptions& options, std::unique_ptr<Program> program = nullptr)
        : app_(app), options_(options), program_(std::move(program)) {}

    // All of it. Exit status of `avocet run`.
    int run();

    // The steps, for commands with exit statuses of their own. Source text to a program; kExitOk without a program:
    // only stages were asked for.
    int compile(SourceInput source);
    bool open_backend();
    // Runs the session to its end. kExitOk: `result`, `losses` and `undelivered` tell how it ended.
    int trace(SessionResult& result);
    const std::vector<LossEntry>& losses() const { return losses_; }
    uint64_t undelivered() const { return undelivered_; }
    int interrupts() const { return interrupts_; }
    SessionSettings& settings() { return settings_; }
    RenderSettings& render_settings() { return render_; }
    // Called once the plans are known, before anything is loaded.
    void on_planned(std::function<void(const PlanSet&)> listener) { planned_ = std::move(listener); }

private:
    std::string first_argument() const;
    bool read_duration();
    bool read_mode();
    int compile_arguments();
    bool compile_once_more();
    bool replay_options(std::vector<std::string> recorded);
    bool tells_losses() const;
    OutputOptions outputs() const;
    bool set_named(const std::vector<std::string>& named);
    bool start_recording();
    void on_signal(int number, Session& session, Router& router);
    void reload(Router& router);
    bool keeps_stream(const Config& next, const std::optional<StreamWish>& stream);
    void report_undelivered(Router& router);
    void report_losses() const;
    int conclude(const SessionResult& result) const;

    Application& app_;
    const TraceOptions& options_;
    std::unique_ptr<Program> program_;
    std::vector<std::string> named_;     // options of the program that were given
    std::optional<SourceInput> source_;  // of a program that can be compiled otherwise if the verifier refuses it
    std::unique_ptr<BackendHandle> backend_;
    RecordingBackend* recorder_ = nullptr;
    SessionSettings settings_;
    RenderSettings render_;
    std::function<void(const PlanSet&)> planned_;
    std::vector<LossEntry> losses_;
    uint64_t undelivered_ = 0;
    std::atomic<int> interrupts_{0};
    std::chrono::steady_clock::time_point last_interrupt_{};  // of the signal thread
};

// Words that begin with `--` move from the parameters to the named options.
void take_named_options(std::vector<std::string>& parameters, std::vector<std::string>& named);
// Removes a stage from a comma list; whether it was there.
bool take_stage(std::string& stages, std::string_view stage);
// False: an unknown stage of --emit was reported.
bool check_stages(const std::string& stages, Diagnostics& diagnostics);
// The attach plans of a program on this machine. False: reported.
bool print_plan(Application& app, const Program& program, const TraceOptions& options);

// What a source is compiled with, from the options. The text and name are the caller's.
void apply_options(const TraceOptions& options, SourceInput& source);

}  // namespace avocet::core
