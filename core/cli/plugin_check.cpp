// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace avocet::core {

namespace {

constexpr int case_seconds = 30;

struct Verdict {
    bool good = false;
    std::string text;
};

// In the child: the report on the pipe, 0 or 1 as status.
[[noreturn]] void run_case(const CheckCase& one, const PluginUnderTest& plugin, int report) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::string text;
    try {
        one.body(plugin);
    } catch (const Finding& finding) { text = finding.text; } catch (const std::exception& e) {
        text = std::string("an exception came out of the plugin: ") + e.what();
    } catch (...) { text = "an exception came out of the plugin"; }
    if (!text.empty())
        for (const auto& d : plugin.app.diagnostics().take()) text += "\n    it said: " + d.message;
    (void)!write(report, text.data(), text.size());
    _exit(text.empty() ? 0 : 1);
}

std::string read_all(int fd) {
    std::string out;
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR);)
        if (n > 0) out.append(buffer, static_cast<size_t>(n));
    return out;
}

Verdict verdict_of(int status, const std::string& text) {
    if (WIFSIGNALED(status)) return {false, fmt::format("crashed ({})", strsignal(WTERMSIG(status)))};
    if (WEXITSTATUS(status) == 0) return {true, {}};
    if (!text.empty()) return {false, text};
    return {false, fmt::format("ended the process with status {}", WEXITSTATUS(status))};
}

Verdict run_isolated(const CheckCase& one, const PluginUnderTest& plugin) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return {false, "no pipe"};
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        close(report[0]);
        run_case(one, plugin, report[1]);
    }
    close(report[1]);
    if (child < 0) return close(report[0]), Verdict{false, "no process"};
    const int watch = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    pollfd ended{watch, POLLIN, 0};
    const bool hung = watch >= 0 && poll(&ended, 1, case_seconds * 1000) == 0;
    if (hung) kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    const std::string text = read_all(report[0]);
    close(report[0]);
    if (watch >= 0) close(watch);
    return hung ? Verdict{false, fmt::format("did not come back within {} s", case_seconds)} : verdict_of(status, text);
}

std::vector<CheckCase> cases_of(const std::string& kind) {
    std::vector<CheckCase> out = common_cases();
    auto add = [&](std::vector<CheckCase> more) { out.insert(out.end(), more.begin(), more.end()); };
    if (kind == "sink") add(sink_cases());
    if (kind == "provider") add(provider_cases());
    if (kind == "frontend") add(frontend_cases());
    if (kind == "backend") add(backend_cases());
    return out;
}

// By library file, folder or id.
const Sidecar* find_plugin(Application& app, const std::string& plugin) {
    namespace fs = std::filesystem;
    std::error_code error;
    const bool exists = fs::exists(plugin, error);
    const fs::path path = exists ? fs::canonical(plugin, error) : fs::path();
    if (exists) app.host().registry().discover({fs::is_directory(path) ? path : path.parent_path()});
    for (const auto& s : app.host().registry().sidecars()) {
        if (!exists && s.id == plugin) return &s;
        if (exists && (fs::equivalent(s.library, path, error) || fs::equivalent(s.library.parent_path(), path, error)))
            return &s;
    }
    app.diagnostics().error("core", "plugin '" + plugin + "': not found",
                            exists ? "its plugin.toml must stand beside the library"
                                   : "name a library, its folder, or an id of `avocet plugins`",
                            120);
    return nullptr;
}

}  // namespace

GuardedBytes::GuardedBytes(const void* data, size_t size) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t body = (size + page - 1) / page * page;
    mapped_ = body + page;
    base_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(base_ != MAP_FAILED, "no memory");
    mprotect(static_cast<char*>(base_) + body, page, PROT_NONE);
    at_ = static_cast<char*>(base_) + body - size;
    std::memcpy(at_, data, size);
}

GuardedBytes::~GuardedBytes() { munmap(base_, mapped_); }

int check_plugin(const GlobalOptions& global, const std::string& plugin,
                 const std::vector<std::pair<std::string, std::string>>& options) {
    Application app(global);
    if (!app.start()) return app.leave(kExitUsage);
    const Sidecar* sidecar = find_plugin(app, plugin);
    if (!sidecar) return app.leave(kExitUsage);
    const PluginUnderTest subject{app, *sidecar, options};
    size_t failed = 0;
    const auto cases = cases_of(sidecar->kind);
    fmt::print("{} {} ({}), {} cases\n", sidecar->id, sidecar->version, sidecar->kind, cases.size());
    for (const auto& one : cases) {
        const Verdict verdict = run_isolated(one, subject);
        failed += !verdict.good;
        fmt::print("  {}  {}{}\n", verdict.good ? "ok  " : "FAIL", one.name,
                   verdict.text.empty() ? "" : ": " + verdict.text);
    }
    fmt::print("{}\n", failed ? fmt::format("{} of {} failed", failed, cases.size()) : std::string("all good"));
    return app.leave(failed ? kExitPlugin : kExitOk);
}

CommandBody add_plugin_command(CLI::App& app) {
    auto plugin = std::make_shared<std::string>();
    auto settings = std::make_shared<std::vector<std::string>>();
    auto* group = app.add_subcommand("plugin", "Work on a plugin");
    group->require_subcommand(1);
    auto* command = group->add_subcommand(
        "check", "Exercise a plugin as a hostile host would: wrong order, short structs, tiny and huge input");
    command->add_option("plugin", *plugin, "A library, its folder, or the id of an installed plugin")->required();
    command->add_option("--option", *settings, "Option of the plugin: path=/tmp/x")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->footer(
        "Examples:\n  avocet plugin check ./build/avocet-sink-example.so\n"
        "  avocet plugin check sink.example --option path=/tmp/records\nExit status 6: a case failed.");
    return [plugin, settings](const GlobalOptions& global) {
        std::vector<std::pair<std::string, std::string>> options;
        for (const auto& text : *settings) {
            const size_t equals = std::min(text.find('='), text.size());
            options.emplace_back(text.substr(0, equals), equals < text.size() ? text.substr(equals + 1) : "true");
        }
        return check_plugin(global, *plugin, options);
    };
}

}  // namespace avocet::core
