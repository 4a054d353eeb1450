// SPDX-License-Identifier: Apache-2.0
//
// `avocet list`: probes that match a pattern.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "avocet/error.hpp"
#include "avocet/provider.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/listing.hpp"

namespace avocet::core {

namespace {

struct ListOptions {
    std::vector<std::string> patterns;
    std::string format = "text";
    bool arguments = false, json = false, regex = false;
    int32_t pid = -1;
};

// One probe is one line, and nothing in a file's name reaches the terminal as a command.
std::string on_one_line(std::string_view name) {
    std::string out;
    for (char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f)
            out += c;
        else
            out += fmt::format("\\x{:02x}", byte);
    }
    return out;
}

struct Printer {
    const ListOptions& options;
    size_t count = 0;

    void print(const avocet_probe_info& info) {
        ++count;
        if (options.json) {
            nlohmann::json line{{"probe", string(info.name)}};
            if (options.arguments) {
                line["args"] = nlohmann::json::array();
                for (uint32_t i = 0; i < info.arg_count; ++i) line["args"].push_back(string(info.args[i]));
            }
            fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
            return;
        }
        fmt::print("{}\n", on_one_line(avocet::view(info.name)));
        if (options.arguments)
            for (uint32_t i = 0; i < info.arg_count; ++i)
                fmt::print("    {}\n", on_one_line(avocet::view(info.args[i])));
    }
};

bool print_types(Application& app, const TypePattern& types, const ListOptions& options, Printer& printer) {
    const bool good = list_types(types, {}, options.arguments, [&](const std::string& text) {
        ++printer.count;
        if (options.json)
            fmt::print("{}\n", nlohmann::json{{"type", text.substr(0, text.find_last_not_of('\n') + 1)}}.dump());
        else
            fmt::print("{}", text);
    });
    if (!good)
        app.diagnostics().error("core.list", "this kernel has no types to list (no BTF)",
                                "it needs CONFIG_DEBUG_INFO_BTF", 119);
    return good;
}

int run_list(const GlobalOptions& global, const ListOptions& options) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    Printer printer{options};
    bool good = true;
    std::vector<std::string> patterns = options.patterns;
    if (patterns.empty()) patterns.emplace_back();
    for (const auto& pattern : patterns) {
        if (TypePattern types = type_pattern(pattern); !types.kind.empty()) {
            good &= print_types(app, types, options, printer);
            continue;
        }
        good &= list_probes(app.host(), {pattern, options.regex, options.arguments, options.pid},
                            [&](const avocet_probe_info& info) { printer.print(info); });
    }
    if (good && printer.count == 0 && !options.json) fmt::print(stderr, "no probe matches\n");
    return app.leave(good ? kExitOk : kExitUsage);
}

}  // namespace

CommandBody add_list_command(CLI::App& app) {
    auto options = std::make_shared<ListOptions>();
    auto* command = app.add_subcommand("list", "List probes that match a pattern");
    command->add_option("pattern", options->patterns,
                        "Probe patterns with *, ? and [abc]; `a,b` is both; `struct NAME`, `enum NAME`: kernel types");
    command->add_flag("-v,--args", options->arguments, "Show each probe's arguments with their types");
    command->add_flag("--regex", options->regex, "Patterns are regular expressions, searched in the full name");
    command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
    command->add_flag("--json", options->json, "The same as --format json: one object on each line");
    command->add_option("-p,--pid", options->pid, "Also what this process runs: its program and libraries")
        ->check(CLI::PositiveNumber);
    command->footer(
        "Examples:\n"
        "  avocet list 'tracepoint:sched:*'             every scheduler event\n"
        "  avocet list -v tracepoint:sched:sched_switch  with argument types\n"
        "  avocet list 'uprobe:libc:mem*'               functions of a library\n"
        "  avocet list software                         one kind\n"
        "  avocet list '*sleep*'                        the name in any kind\n"
        "  avocet list --regex 'sched_(switch|wakeup)$' by expression\n"
        "  avocet list -v 'struct pid'                  a type of the kernel");
    return [options](const GlobalOptions& global) {
        options->json |= options->format == "json";
        return run_list(global, *options);
    };
}

}  // namespace avocet::core
