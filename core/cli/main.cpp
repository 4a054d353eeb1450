// SPDX-License-Identifier: Apache-2.0
//
// avocet: the command line. Commands are in files of their own; this one puts them together.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bpftrace_command.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "host/crash_report.hpp"

namespace {

bool is_bpftrace(const char* name) {
    const char* slash = std::strrchr(name, '/');
    return std::strcmp(slash ? slash + 1 : name, "bpftrace") == 0;
}

// Where `bpftrace` stands among the arguments if it is the command; what follows is that command's own. 0: it is not.
int bpftrace_position(int argc, char** argv) {
    if (argc > 0 && is_bpftrace(argv[0])) return 0;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "bpftrace") return i;
        if (!word.starts_with("--") || word == "--") return -1;
        if (word == "--config" || word == "--set" || word == "--plugins") ++i;
    }
    return -1;
}

// What stands after `--` is the script's, also what looks like an option of ours: "\1--pid=1" is no option to the
// parser (it knows `--` in front of positional arguments only), and is read back by take_named_options().
std::vector<std::string> shield_script_options(int argc, char** argv) {
    std::vector<std::string> words(argv, argv + argc);
    const auto mark = std::find(words.begin(), words.end(), "--");
    for (auto word = mark; word != words.end(); ++word)
        if (word != mark && word->starts_with("-")) word->insert(0, 1, '\1');
    if (mark != words.end()) words.erase(mark);
    return words;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace avocet::core;
    signal(SIGPIPE, SIG_IGN);       // a closed pipe is an error of the sink that writes to it
#if !defined(__SANITIZE_ADDRESS__)  // which tells more, its own way
    report_crashes();
#endif
    CLI::App app("avocet: trace a live Linux system with programs compiled to eBPF");
    app.require_subcommand(1);
    app.set_version_flag("--version", "avocet " AVOCET_VERSION);
    app.fallthrough();
    GlobalOptions global;
    std::string config;
    app.add_option("--config", config, "Read this TOML file after the system's and the user's");
    app.add_option("--set", global.overrides, "Override one setting: transport.kind=perf")->allow_extra_args(false);
    app.add_option("--plugins", global.plugin_directories, "Look for plugins in this directory first")
        ->allow_extra_args(false);
    app.add_flag("--verbose", global.verbose, "Say what is being done");
    std::map<std::string, CommandBody> bodies;
    bodies["run"] = add_run_command(app);
    bodies["list"] = add_list_command(app);
    bodies["check"] = add_check_command(app);
    bodies["build"] = add_build_command(app);
    bodies["bundle"] = add_bundle_command(app);
    bodies["fmt"] = add_fmt_command(app);
    bodies["plugins"] = add_plugins_command(app);
    bodies["plugin"] = add_plugin_command(app);
    bodies["config"] = add_config_command(app);
    bodies["doctor"] = add_doctor_command(app);
    bodies["cache"] = add_cache_command(app);
    app.footer(
        "Examples:\n"
        "  avocet run -e 'tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); }'\n"
        "  avocet list 'tracepoint:sched:*'\n"
        "  avocet doctor\n"
        "Exit status: 0 well, 1 script wrong, 2 command line or configuration wrong, 3 not permitted,\n"
        "  4 kernel refused, 5 records lost (--strict), 6 plugin or bundle missing or refused,\n"
        "  7 command (-c) failed to start, 8 file error, 70 internal, 130 left at the second interrupt; exit(n) in a "
        "script: n");
    app.add_subcommand("bpftrace", "The command line of bpftrace: `avocet bpftrace --help`");
    const int bpftrace = bpftrace_position(argc, argv);
    bodies["bpftrace"] = [&](const GlobalOptions& options) {
        return run_bpftrace(options, argc - bpftrace, argv + bpftrace);
    };
    try {
        if (bpftrace == 0) return run_bpftrace(global, argc, argv);
        std::vector<std::string> words = shield_script_options(bpftrace > 0 ? bpftrace + 1 : argc, argv);
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? kExitOk : kExitUsage;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "avocet: internal error: %s\n", e.what());
        return kExitInternal;
    }
    if (!config.empty()) global.config_file = config;
    try {
        for (const auto* command : app.get_subcommands()) return bodies.at(command->get_name())(global);
    } catch (const std::exception& e) { std::fprintf(stderr, "avocet: internal error: %s\n", e.what()); }
    return kExitInternal;
}
