// SPDX-License-Identifier: Apache-2.0
//
// `avocet list`: probes that match a pattern. A kind that is not asked for is not scanned.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "avocet/error.hpp"
#include "avocet/provider.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "session/spec.hpp"

namespace avocet::core {

namespace {

struct ListOptions {
    std::vector<std::string> patterns;
    bool arguments = false, json = false;
    int32_t pid = -1;
};

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
        fmt::print("{}\n", avocet::view(info.name));
        if (options.arguments)
            for (uint32_t i = 0; i < info.arg_count; ++i) fmt::print("    {}\n", avocet::view(info.args[i]));
    }
};

bool list_spec(HostServices& host, const Spec& spec, Printer& printer) {
    ProviderInstance* provider = host.provider(spec);
    if (!provider) return false;
    std::vector<avocet_str> views;
    avocet_probe_spec abi = abi_spec(spec, views);
    avocet_status status = provider->factory()->list(
        provider->self(), &abi,
        [](void* ctx, const avocet_probe_info* info) -> avocet_status {
            static_cast<Printer*>(ctx)->print(*info);
            return AVOCET_OK;
        },
        &printer);
    return status == AVOCET_OK;
}

// A pattern without a colon is the last part of any kind that lists without a target ("*sleep*"); one whose kind is a
// pattern ("*point:sched:*") is looked for in the kinds that match.
bool list_kinds(Application& app, std::string_view kinds, const std::vector<std::string>& parts,
                const ListOptions& options, Printer& printer) {
    bool good = true;
    for (const std::string& kind : app.host().registry().provided("provider")) {
        if (!wildcard_match(kinds, kind)) continue;
        Spec spec;
        spec.kind = spec.text = kind;
        spec.parts = parts;
        for (const auto& part : parts) spec.text += ":" + part;
        spec.pid = options.pid;
        spec.flags = options.arguments ? static_cast<uint32_t>(AVOCET_SPEC_VERBOSE) : 0u;
        good &= list_spec(app.host(), spec, printer);
    }
    return good;
}

int run_list(const GlobalOptions& global, const ListOptions& options) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    Printer printer{options};
    bool good = true;
    std::vector<std::string> patterns = options.patterns;
    if (patterns.empty()) patterns.push_back("*");
    for (const auto& pattern : patterns) {
        bool known_kind = app.host().registry().find("provider", pattern) != nullptr;
        if (pattern.find(':') == std::string::npos && !known_kind) {
            good &= list_kinds(app, "*", {pattern}, options, printer);
            continue;
        }
        auto words = split_spec(pattern);
        if (has_wildcard(words[0])) {
            const std::string kinds = words[0];
            words.erase(words.begin());
            good &= list_kinds(app, kinds, words, options, printer);
            continue;
        }
        auto spec = parse_spec(pattern, app.host().registry(), app.diagnostics(), {});
        if (!spec) return app.leave(kExitUsage);
        spec->pid = options.pid;
        spec->flags = options.arguments ? static_cast<uint32_t>(AVOCET_SPEC_VERBOSE) : 0u;
        good &= list_spec(app.host(), *spec, printer);
    }
    if (good && printer.count == 0 && !options.json) fmt::print(stderr, "no probe matches\n");
    return app.leave(good ? kExitOk : kExitKernel);
}

}  // namespace

CommandBody add_list_command(CLI::App& app) {
    auto options = std::make_shared<ListOptions>();
    auto* command = app.add_subcommand("list", "List probes that match a pattern");
    command->add_option("pattern", options->patterns, "Probe patterns; `*` matches any run of characters");
    command->add_flag("-v,--args", options->arguments, "Show each probe's arguments with their types");
    command->add_flag("--json", options->json, "One JSON object on each line");
    command->add_option("-p,--pid", options->pid, "Look at this process, for probes in programs");
    command->footer(
        "Examples:\n"
        "  avocet list 'tracepoint:sched:*'             every scheduler event\n"
        "  avocet list -v tracepoint:sched:sched_switch  with argument types\n"
        "  avocet list 'uprobe:libc:mem*'               functions of a library\n"
        "  avocet list software                         one kind\n"
        "  avocet list '*sleep*'                        the name in any kind");
    return [options](const GlobalOptions& global) { return run_list(global, *options); };
}

}  // namespace avocet::core
