// SPDX-License-Identifier: Apache-2.0
#include "cli/bpftrace_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <re2/re2.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>

#include "avocet/error.hpp"
#include "cli/bpftrace_arguments.hpp"
#include "cli/bpftrace_environment.hpp"
#include "cli/bpftrace_info.hpp"
#include "cli/listing.hpp"
#include "cli/object_script.hpp"
#include "cli/privileges.hpp"
#include "cli/source.hpp"
#include "cli/tracing.hpp"
#include "session/child.hpp"
#include "session/named_options.hpp"

namespace avocet::core {

namespace {

enum Status : int { well = 0, wrong = 1, bad_input = 2, failed = 255 };

constexpr const char* kVersion = "bpftrace v0.26.0";

int refuse(const std::string& message) {
    fmt::print(stderr, "ERROR: {}\n", message);
    return wrong;
}

class BpftraceCommand {
public:
    BpftraceCommand(const GlobalOptions& global, BpftraceArguments arguments)
        : arguments_(std::move(arguments)), app_(with_verbosity(global, arguments_.verbose)) {}

    int run() {
        app_.diagnostics().set_style(DiagnosticStyle::bpftrace);
        if (arguments_.no_warnings) app_.diagnostics().set_minimum(AVOCET_ERROR);
        const auto colour = bpftrace_colour();
        if (!colour) {
            fmt::print(stderr, "ERROR: BPFTRACE_COLOR: invalid value '{}': valid values are auto, always and never\n",
                       std::getenv("BPFTRACE_COLOR"));
            return bad_input;
        }
        colour_ = *colour;
        if (!app_.start()) return leave(wrong);
        if (const char* file = std::getenv("BPFTRACE_BTF"); file && *file) app_.host().set_kernel_btf_file(file);
        offer_options();
        return leave(dispatch());
    }

private:
    static GlobalOptions with_verbosity(GlobalOptions global, bool verbose) {
        global.verbose |= verbose;
        return global;
    }

    int leave(int status) {
        app_.diagnostics().flush(stderr, colour_);
        return status;
    }

    // Options of whichever plugin knows them.
    void offer_options() {
        auto offer = [&](const char* key, const std::string& value) {
            if (!value.empty()) app_.host().offer_option(key, value);
        };
        offer("debuginfo", arguments_.debuginfo);
        offer("functions_file", arguments_.traceable_functions);
        for (const auto& feature : arguments_.disabled_features) app_.host().disable_feature(feature);
    }

    int dispatch() {
        if (arguments_.info) return show_info();
        if (arguments_.list) return list();
        if (arguments_.mode == BpftraceMode::format) return format();
        return trace();
    }

    int show_info() {
        if (std::string missing; !may_trace(missing)) return refuse_privilege(missing);
        const std::string text = bpftrace_info(app_);
        fmt::print("{}", text);
        return text.empty() ? wrong : well;
    }

    int refuse_privilege(const std::string& missing) {
        return refuse(fmt::format("Missing {} capability, please run bpftrace as the root user.", missing));
    }

    // ---- source ----
    std::optional<SourceInput> source() {
        SourceInput out;
        out.name = out.tool = "stdin";
        std::vector<std::string> rest = arguments_.plain;
        if (arguments_.expression) {
            out.text = *arguments_.expression;
        } else {
            const std::string file = rest.front();
            rest.erase(rest.begin());
            auto text = read_text(file);
            if (!text) {
                refuse(fmt::format("failed to open file '{}': {}", file, errno_text(errno)));
                return std::nullopt;
            }
            out.text = std::move(*text);
            if (file != "-") {
                out.name = file;
                out.tool = std::filesystem::path(file).stem().string();
            }
        }
        for (auto& word : rest) (word.starts_with("--") ? named_ : out.parameters).push_back(std::move(word));
        // Whatever the file is called: the language is the command's.
        if (const Sidecar* language = app_.host().registry().find_default("frontend"))
            out.frontend = language->provides.front();
        out.include_dirs = arguments_.include_dirs;
        out.include_files = arguments_.includes;
        out.settings = bpftrace_settings_of_environment();
        out.unsafe = arguments_.unsafe;
        out.warnings = arguments_.warnings;
        out.has_command = !arguments_.command.empty();
        out.pid = pid_;
        return out;
    }

    int format() {
        auto input = source();
        if (!input) return wrong;
        Compiler compiler(app_.host(), app_.config());
        auto text = compiler.format(*input);
        if (!text) return wrong;
        if (arguments_.output.empty()) {
            std::fwrite(text->data(), 1, text->size(), stdout);
            return well;
        }
        std::string why;
        if (replace_file(arguments_.output, *text, why)) return well;
        return refuse(fmt::format("Failed to open output file: \"{}\": {}", arguments_.output, why));
    }

    // ---- listing ----
    int list() {
        if (!read_pid()) return wrong;
        const std::string pattern = arguments_.plain.empty() ? std::string() : arguments_.plain.front();
        if (TypePattern types = type_pattern(pattern); !types.kind.empty()) {
            const char* file = std::getenv("BPFTRACE_BTF");
            list_types(types, file ? file : "", arguments_.verbose,
                       [](const std::string& text) { fmt::print("{}", text); });
            return well;
        }
        std::error_code error;
        if (arguments_.expression || std::filesystem::is_regular_file(pattern, error)) return list_script();
        warn_about_file(pattern);
        ListRequest request{pattern, false, arguments_.verbose, pid_};
        list_probes(app_.host(), request, [this](const avocet_probe_info& info) { print_probe(info); });
        return well;
    }

    void warn_about_file(const std::string& pattern) {
        if (pattern.find('.') == std::string::npos || pattern.find_first_of(":*") != std::string::npos) return;
        app_.diagnostics().warning("core",
                                   fmt::format("It appears that '{}' is a filename but the file does not exist. "
                                               "Treating '{}' as a search pattern.",
                                               pattern, pattern));
        app_.diagnostics().flush(stderr, colour_);
    }

    int list_script() {
        auto input = source();
        if (!input) return wrong;
        input->check_only = true;
        input->dump = "manifest";
        std::string manifest;
        Compiler compiler(app_.host(), app_.config());
        auto outcome = compiler.compile(*input, [&](std::string_view, std::string_view text) { manifest = text; });
        if (!outcome.ok) return compile_failure();
        list_script_probes(app_.host(), manifest, {{}, false, arguments_.verbose, pid_},
                           [this](const avocet_probe_info& info) { print_probe(info); });
        return well;
    }

    void print_probe(const avocet_probe_info& info) {
        fmt::print("{}\n", avocet::view(info.name));
        if (arguments_.verbose)
            for (uint32_t i = 0; i < info.arg_count; ++i) fmt::print("    {}\n", avocet::view(info.args[i]));
    }

    // ---- tracing ----
    bool read_pid() {
        for (const std::string& text : arguments_.dwarf_pids) {
            const auto pid = checked_pid(text);
            if (!pid) return false;
            unwound_pids_.push_back(static_cast<uint32_t>(*pid));
        }
        if (arguments_.pid.empty()) return true;
        const auto pid = checked_pid(arguments_.pid);
        if (!pid) return false;
        const auto fd = static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(*pid), 0));
        if (fd < 0)
            return refuse(fmt::format("Failed to attach to pid: Unable to open pidfd ({})", std::strerror(errno))),
                   false;
        close(fd);
        pid_ = *pid;
        return true;
    }

    std::optional<int32_t> checked_pid(const std::string& text) {
        std::string why;
        const auto pid = parse_pid(text, why);
        if (!pid) return refuse("Failed to parse pid: " + why), std::nullopt;
        if (*pid < 1 || *pid > 0x400000) return refuse(fmt::format("Pid out of range: {}", *pid)), std::nullopt;
        return static_cast<int32_t>(*pid);
    }

    // The command's program must be one file that may be run.
    bool check_command() {
        if (arguments_.command.empty()) return true;
        std::vector<std::string> words;
        split_command(arguments_.command, words);
        const std::string name = words.empty() ? std::string() : words.front();
        glob_t found{};
        size_t matches = 1;
        if (name.find('*') != std::string::npos && glob(name.c_str(), 0, nullptr, &found) == 0)
            matches = found.gl_pathc;
        globfree(&found);
        if (matches > 1)
            return refuse(fmt::format("Failed to fork child: Path '{}' must refer to a unique binary but matched {}",
                                      name, matches)),
                   false;
        if (!find_program(name).empty()) return true;
        return refuse(fmt::format("Failed to fork child: Path '{}' does not exist or is not executable ({})", name,
                                  std::strerror(ENOENT))),
               false;
    }

    bool check_machine() {
        if (std::string missing; !may_trace(missing)) return refuse_privilege(missing), false;
        if (kernel_is_confidential())
            return refuse(
                       "the kernel is locked down (confidentiality): it lets no BPF program read its memory. Boot "
                       "without lockdown=confidentiality to trace."),
                   false;
        std::string release, least;
        if (!kernel_is_recent(release, least))
            app_.diagnostics().warning(
                "core", fmt::format("Kernel version ({}) is lower than the minimum supported kernel version ({}). Some "
                                    "features/scripts may not work as expected.",
                                    release, least));
        return true;
    }

    int trace() {
        const bool compiles_only =
            arguments_.mode == BpftraceMode::codegen || arguments_.mode == BpftraceMode::compiler_bench;
        auto input_or = checked_source(compiles_only);
        if (!input_or) return wrong;
        if (int status = compile(std::move(*input_or)); status != well) return status;
        if (compiles_only) return well;
        if (!arguments_.aot.empty()) return write_executable();
        return run_program();
    }

    std::optional<SourceInput> checked_source(bool compiles_only) {
        if (!compiles_only && arguments_.aot.empty() && !check_machine()) return std::nullopt;
        if (!read_pid()) return std::nullopt;
        auto input = source();
        if (!input) return std::nullopt;
        if (!arguments_.aot.empty() && !input->parameters.empty())
            return refuse("AOT does not yet support positional parameters"), std::nullopt;
        if (!compiles_only && !check_command()) return std::nullopt;
        return input;
    }

    std::string stages() const {
        std::string out;
        auto add = [&](const char* stage) {
            if (out.find(stage) == std::string::npos) out += (out.empty() ? "" : ",") + std::string(stage);
        };
        for (const auto& s : arguments_.stages) {
            if (s == "ast" || s == "parse" || s == "all") add("ast");
            if (s == "types" || s == "all") add("types");
            if (s == "codegen" || s == "codegen-opt" || s == "all") add("llvm");
            if (s == "dis") add("asm");
        }
        if (!arguments_.emit_llvm.empty()) add("llvm");
        if (arguments_.mode == BpftraceMode::compiler_bench) add("passes");
        return out;
    }

    int compile(SourceInput input) {
        if (auto object = object_of(input.text)) {
            program_ = Program::open(std::move(*object), input.name, app_.diagnostics());
            return program_ ? well : wrong;
        }
        input.dump = stages();
        input.portable = !arguments_.aot.empty();
        std::string llvm;
        Compiler compiler(app_.host(), app_.config());
        auto outcome = compiler.compile(input, [&](std::string_view stage, std::string_view text) {
            if (stage == "llvm") llvm = text;
            if (stage == "llvm" && !wants_stage("codegen") && !wants_stage("codegen-opt")) return;
            fmt::print("{}\n", text);
        });
        if (!outcome.ok) return compile_failure();
        program_ = std::move(outcome.program);
        if (!program_) return wrong;
        show_warnings();
        return write_intermediate(llvm) ? well : wrong;
    }

    // Before anything else, on the data's stream in text form. Those that are about no line of the script never stand
    // between the data.
    void show_warnings() {
        auto messages = app_.diagnostics().take();
        const auto placed = std::stable_partition(messages.begin(), messages.end(),
                                                  [](const Diagnostic& d) { return d.place.line == 0; });
        auto message = messages.begin();
        for (; message != placed; ++message) app_.diagnostics().report(std::move(*message));
        app_.diagnostics().flush(stderr, colour_);
        for (; message != messages.end(); ++message) app_.diagnostics().report(std::move(*message));
        app_.diagnostics().flush(json() ? stderr : stdout, colour_);
    }

    bool wants_stage(const char* stage) const {
        return std::any_of(arguments_.stages.begin(), arguments_.stages.end(),
                           [&](const auto& s) { return s == stage || s == "all"; });
    }

    // Errors without a place that name a setting are the environment's. What the C parser refuses ends the same way.
    int compile_failure() {
        constexpr uint32_t c_text_refused = 320;
        if (nothing_is_left()) return nothing_to_attach();
        return has_error([](const Diagnostic& d) {
            return d.code == c_text_refused || (d.place.line == 0 && names_environment_setting(d.message));
        })
                   ? bad_input
                   : wrong;
    }

    bool has_error(const std::function<bool(const Diagnostic&)>& is_meant) {
        auto messages = app_.diagnostics().take();
        const bool found = std::any_of(messages.begin(), messages.end(),
                                       [&](const Diagnostic& d) { return d.severity == AVOCET_ERROR && is_meant(d); });
        for (auto& m : messages) app_.diagnostics().report(std::move(m));
        return found;
    }

    bool write_intermediate(const std::string& llvm) {
        std::string why;
        auto write = [&](const std::string& file, std::string_view text) {
            if (replace_file(file, text, why)) return true;
            refuse(fmt::format("Failed to open output file: \"{}\": {}", file, why));
            return false;
        };
        if (!arguments_.emit_elf.empty() && !write(arguments_.emit_elf, program_->elf())) return false;
        if (arguments_.emit_llvm.empty()) return true;
        const size_t half = std::min(llvm.find("; after optimisation\n"), llvm.size());
        return write(arguments_.emit_llvm + ".original.ll", std::string_view(llvm).substr(0, half)) &&
               write(arguments_.emit_llvm + ".optimized.ll", std::string_view(llvm).substr(half));
    }

    int write_executable() {
        std::string why;
        if (write_object_script(arguments_.aot, program_->elf(), why)) return well;
        return refuse(fmt::format("Failed to open output file: \"{}\": {}", arguments_.aot, why));
    }

    bool json() const { return arguments_.format == "json"; }

    int run_program() {
        if (!arguments_.format.empty() && arguments_.format != "text" && !json())
            return refuse(
                fmt::format("Invalid output format \"{}\"\nValid formats: 'text', 'json'", arguments_.format));
        if (!check_output()) return wrong;
        if (program_->manifest().functions.empty()) return nothing_to_attach();
        if (!iterators_are_alone()) return wrong;
        TraceOptions options;
        if (int status = fill(options); status != well) return status;
        Tracing tracing(app_, options, std::move(program_));
        if (!tracing.open_backend()) return failed;
        if (!set_up(tracing)) return failed;
        SessionResult result;
        if (int code = tracing.trace(result); code != 0) return wrong;
        return conclude(tracing, result);
    }

    // The command's rule (dsl reference, 4.15); `avocet run` takes them as they come.
    bool iterators_are_alone() {
        size_t points = 0;
        const ManifestProbe* iterator = nullptr;
        for (const ManifestFunction& f : program_->manifest().functions) {
            points += f.probes.size();
            if (f.context == "iterator" && !iterator && !f.probes.empty()) iterator = &f.probes.front();
        }
        if (!iterator || points == 1) return true;
        app_.diagnostics().error("core", "iter probe only supports one attach point", {}, 0, iterator->place);
        return false;
    }

    bool check_output() {
        if (arguments_.output.empty()) return true;
        const int fd = open(arguments_.output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) {
            refuse(fmt::format("Failed to open output file: \"{}\": {}", arguments_.output, std::strerror(errno)));
            return false;
        }
        close(fd);
        return true;
    }

    // Every probe was missing, and the script's policy says that this is no error.
    bool nothing_is_left() {
        constexpr uint32_t no_probes = 210;  // the planner's; a frontend that finds out first says the same
        auto messages = app_.diagnostics().take();
        const size_t before = messages.size();
        std::erase_if(messages, [](const Diagnostic& d) {
            return d.code == no_probes || (d.place.line == 0 && d.message == "no probes to attach");
        });
        const bool found = messages.size() < before;
        for (auto& m : messages) app_.diagnostics().report(std::move(m));
        return found;
    }

    int nothing_to_attach() {
        if (!arguments_.quiet) fmt::print("No probes to attach\n");
        return wrong;
    }

    int fill(TraceOptions& options) {
        std::string help;
        switch (read_named_options(named_, *program_, app_.diagnostics(), options.constants, help)) {
            case NamedOptions::good: break;
            case NamedOptions::bad: return wrong;
            case NamedOptions::help: fmt::print(stderr, "HINT: {}\n", help); return wrong;
        }
        app_.config().sinks.clear();  // the command's own output, whatever the configuration says
        app_.config().routes.clear();
        options.pid = pid_;
        options.unwound_pids = unwound_pids_;
        options.command = arguments_.command;
        options.unsafe = arguments_.unsafe;
        options.warnings = arguments_.warnings;
        options.dry_run = arguments_.dry_run;
        options.output.format = arguments_.format;
        options.output.file = arguments_.output;
        options.output.quiet = arguments_.quiet || arguments_.dry_run;
        options.output.settings = {{"buffer", arguments_.buffering}, {"colour", colour_ ? "always" : "never"}};
        if (arguments_.no_warnings) options.output.settings.emplace_back("warnings", "false");
        return well;
    }

    bool set_up(Tracing& tracing) {
        tracing.render_settings().bpftrace = true;
        if (arguments_.mode == BpftraceMode::test) tracing.settings().mode = SessionMode::test;
        if (arguments_.mode == BpftraceMode::bench) tracing.settings().mode = SessionMode::bench;
        if (!arguments_.probe_filter.empty()) {
            const auto expression = std::make_shared<re2::RE2>(arguments_.probe_filter, regex_options());
            if (!expression->ok()) {
                refuse(fmt::format("--probe-filter '{}': not a regular expression: {}", arguments_.probe_filter,
                                   expression->error()));
                return false;
            }
            tracing.settings().keep_probe = [expression](const std::string& name) {
                return re2::RE2::PartialMatch(name, *expression);
            };
        }
        if (arguments_.verbose)
            tracing.on_planned([](const PlanSet& plans) {
                for (const auto& f : plans.functions)
                    for (const auto& p : f.plans)
                        for (const auto& t : p.targets)
                            fmt::print(stderr, "{}\n",
                                       p.abi.kind == AVOCET_PLAN_RUNTIME
                                           ? fmt::format("Attaching '{}' probe", t.name)
                                           : fmt::format("Trying to attach probe: {}", t.name));
            });
        return true;
    }

    int conclude(const Tracing& tracing, const SessionResult& result) {
        if (arguments_.verbose && result.child_status) tell_child(*result.child_status);
        uint64_t lost = tracing.undelivered();
        for (const auto& entry : tracing.losses()) {
            if (entry.record_lost) lost += entry.count;
            if (arguments_.verbose)
                fmt::print(stderr, "{}: {}: {}: {}\n", entry.record_lost ? "lost" : "incomplete", entry.where,
                           entry.cause, entry.count);
        }
        if (lost && !arguments_.no_warnings) fmt::print(stderr, "WARNING: Total lost event count: {}\n", lost);
        switch (result.end) {
            case SessionEnd::normal: return result.exit_code & 255;
            case SessionEnd::failed_command: return wrong;
            case SessionEnd::failed_attach: {
                constexpr uint32_t above_limit = 239;  // max_probes, max_bpf_progs: nothing has been loaded
                if (nothing_is_left()) return nothing_to_attach();
                return has_error([](const Diagnostic& d) { return d.code == above_limit; }) ? wrong : failed;
            }
            default: return failed;
        }
    }

    static void tell_child(int status) {
        if (WIFEXITED(status))
            fmt::print(stderr, "Child exited with code: {}\n", WEXITSTATUS(status));
        else if (WIFSIGNALED(status))
            fmt::print(stderr, "Child terminated by signal: {}\n", WTERMSIG(status));
    }

    BpftraceArguments arguments_;
    Application app_;
    bool colour_ = false;
    int32_t pid_ = -1;
    std::vector<uint32_t> unwound_pids_;
    std::vector<std::string> named_;
    std::unique_ptr<Program> program_;
};

}  // namespace

int run_bpftrace(const GlobalOptions& global, int argc, char** argv) {
    BpftraceArguments arguments;
    if (auto usage = parse_bpftrace_arguments(argc, argv, arguments)) {
        if (!usage->message.empty()) fmt::print(stderr, "ERROR: {}\n", usage->message);
        if (usage->show_usage) fmt::print(stderr, "{}", bpftrace_usage());
        return wrong;
    }
    if (arguments.help) return fmt::print("{}", bpftrace_usage()), well;
    if (arguments.version) return fmt::print("{}\n", kVersion), well;
    return BpftraceCommand(global, std::move(arguments)).run();
}

}  // namespace avocet::core
