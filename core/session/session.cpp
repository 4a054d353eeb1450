// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "avocet/error.hpp"
#include "session/service_manager.hpp"
#include "session/session_impl.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t kPollNs = 100'000'000;

}  // namespace

bool Session::Impl::run_own_functions() {
    drain();  // what begin clauses left is no test's
    if (exit_seen) return true;
    Reports reports(manifest.tool);
    SelfRun own;
    own.run = [this](const std::string& function, uint32_t rounds, int64_t& result) {
        keeping = true;
        return backend->run(function, rounds, result, nullptr) >= AVOCET_OK;
    };
    own.collect = [this] {
        drain();
        keeping = false;
        SelfRunTraces traces = std::exchange(kept, {});
        traces.exit_code = std::exchange(exit_code, 0);
        exit_seen = false;
        return traces;
    };
    own.show = [this, &reports](const Report& report) { publish(reports.batch(report, clock_ns(CLOCK_REALTIME))); };
    own.failed = [this](const std::string& name) {
        host.diagnostics().error("session", "benchmark '" + name + "' failed", {}, 233);
    };
    return settings.mode == SessionMode::test ? own.tests(own_functions) : own.benches(own_functions);
}

void Session::Impl::run_functions(const std::vector<std::string>& functions) {
    for (const auto& name : functions) {
        int64_t result = 0;
        backend->run(name, result);
    }
}

void Session::Impl::run_signal_functions() {
    uint64_t pending = signals.exchange(0);
    if (!pending) return;
    for (const auto& [name, number] : signal_functions) {
        int64_t result = 0;
        if (pending & (uint64_t{1} << number)) backend->run(name, result);
    }
}

void Session::Impl::say_what_is_pinned() {
    for (const auto& f : plans.functions)
        for (const auto& p : f.plans)
            if (p.abi.kind == AVOCET_PLAN_ITERATOR && !p.path.empty())
                fmt::print(stderr, "Program pinned to {}\n", p.path);
}

bool Session::Impl::has_sources() const {
    if (settings.replay || child || settings.duration_ns) return true;
    return std::any_of(plans.functions.begin(), plans.functions.end(), [](const FunctionPlans& f) {
        return std::any_of(f.plans.begin(), f.plans.end(),
                           [](const OwnedPlan& p) { return p.abi.kind != AVOCET_PLAN_RUNTIME || p.event == "signal"; });
    });
}

void Session::Impl::loop() {
    if (!settings.replay && !settings.show_maps_every_ns && (settings.show_maps_every_ns = manifest.interval_ns))
        next_show_ns = clock_ns(CLOCK_MONOTONIC) + settings.show_maps_every_ns;
    const uint64_t duration_ns = settings.duration_ns ? settings.duration_ns : manifest.duration_ns;
    uint64_t end_ns = duration_ns ? clock_ns(CLOCK_MONOTONIC) + duration_ns : 0;
    avocet_sample_batch batch{};
    batch.struct_size = sizeof batch;
    uint64_t polls = 0;
    while (!exit_seen && !stop && !process_ended) {
        uint64_t timeout = kPollNs;
        if (end_ns) {
            uint64_t now = clock_ns(CLOCK_MONOTONIC);
            if (now >= end_ns) return;
            timeout = std::min(timeout, end_ns - now);
        }
        if (settings.show_maps_every_ns) timeout = std::min(timeout, show_maps_if_due());
        if (exit_seen) return;
        if (settings.replay) replay_shows(polls++);
        run_signal_functions();
        if (reload_wanted.exchange(false) && reload) reload();
        avocet_status status = backend->poll(timeout, batch);
        if (names_users) host.symbols().pump();
        if (stack_tables) stack_tables->refresh_if_due(*backend);
        if (status < 0 || status == AVOCET_STOP) return;
        if (batch.count || batch.lost) consume(batch);
    }
}

std::unique_ptr<ProcessWatch> Session::Impl::watch_processes(int& pidfd) {
    std::vector<int> fds;
    if (child && child->pidfd() >= 0) fds.push_back(child->pidfd());
    if (settings.pid > 0 && !settings.replay) {
        pidfd = static_cast<int>(syscall(SYS_pidfd_open, settings.pid, 0));
        if (pidfd >= 0)
            fds.push_back(pidfd);
        else if (errno == ESRCH)
            process_ended = true;
    }
    if (fds.empty()) return nullptr;
    return std::make_unique<ProcessWatch>(std::move(fds), [this] {
        process_ended = true;
        backend->wake();
    });
}

void Session::Impl::finish() {
    tell_service_manager("STOPPING=1");
    backend->detach();
    drain();
    run_functions(end_functions);
    drain();
    finish_stream();
    read_losses();
    backend->losses([&](const avocet_kernel_loss& loss) {
        std::string name = string(loss.function);
        for (const auto& f : manifest.functions)
            if (f.name == name && !f.label.empty()) name = f.label;
        // A tick that this process came too late for has made no event that could be lost.
        const bool is_tick = std::string_view(loss.cause) == "timer tick missed";
        if (loss.count) report_loss(name, loss.cause, loss.count, !is_tick);
    });
    if (uint64_t errors = decoder->decode_errors()) report_loss("decoder", "decode error", errors, true);
    publish(decoder->lifecycle("ending", plans.target_count, last_wall_ns));
    if (settings.mode == SessionMode::trace &&
        settings.print_maps_on_exit.value_or(manifest.settings.print_maps_on_exit))
        print_all_maps(true);
    if (settings.mode == SessionMode::trace && !manifest.end_text.empty())
        publish(decoder->line(manifest.end_text, last_wall_ns));
    publish(decoder->lifecycle("end", plans.target_count, last_wall_ns));
}

SessionEnd Session::Impl::run() {
    if (!prepare()) return SessionEnd::failed_command;
    if (!may_run_commands()) return SessionEnd::failed_load;
    if (!plan()) return plans.forbidden ? SessionEnd::failed_privilege : SessionEnd::failed_attach;
    if (planned) planned();
    sort_runtime_functions();
    auto functions = plans.abi_functions();
    if (avocet_status s = load(functions); s != AVOCET_OK) {
        rejected = s == AVOCET_ERR_REJECTED;
        if (s != AVOCET_ERR_PERMISSION) name_missing_features();
        return s == AVOCET_ERR_PERMISSION ? SessionEnd::failed_privilege : SessionEnd::failed_load;
    }
    make_decoder();
    if (decoder->refused()) return SessionEnd::failed_load;
    last_wall_ns = clock_ns(CLOCK_REALTIME);
    names_users = !settings.replay && program.uses_user_addresses();
    host.symbols().set_demangling(manifest.settings.demangle);
    // Without a cache the names of a process are known while it runs; read ahead, they are known all the same.
    names_users = names_users && (manifest.settings.symbol_cache != "NONE" || !manifest.settings.lazy_symbols);
    if (names_users) host.symbols().watch_processes(settings.pid);
    run_functions(begin_functions);
    if (avocet_status s = attach(functions); s != AVOCET_OK)
        return s == AVOCET_ERR_PERMISSION ? SessionEnd::failed_privilege : SessionEnd::failed_attach;
    int pidfd = -1;
    auto watch = watch_processes(pidfd);  // before anybody is told: who hears of it may end the process
    if (settings.mode == SessionMode::trace) publish(decoder->lifecycle("attached", plans.target_count, last_wall_ns));
    if (settings.mode == SessionMode::trace && !settings.dry_run)
        for (const BatchPtr& heading : decoder->headings(last_wall_ns)) publish(heading);
    say_what_is_pinned();
    if (settings.dry_run) {
        watch.reset();
        if (pidfd >= 0) close(pidfd);
        backend->detach();
        return SessionEnd::normal;
    }
    SessionEnd end = SessionEnd::normal;
    if (child && !child->release(host.diagnostics())) end = SessionEnd::failed_command;
    if (end == SessionEnd::normal)
        tell_service_manager(fmt::format("READY=1\nSTATUS=attached {} probes", plans.target_count));
    bool good = true;
    if (end == SessionEnd::normal && settings.mode != SessionMode::trace)
        good = run_own_functions();
    else if (end == SessionEnd::normal && has_sources())
        loop();
    watch.reset();
    if (pidfd >= 0) close(pidfd);
    finish();
    if (!good) exit_code = 1;
    if (child && child->ended()) child_status = child->exit_status();
    child.reset();
    return end;
}

Session::Session(HostServices& host, const Program& program, std::unique_ptr<BackendHandle> backend, Router& router,
                 SessionSettings settings)
    : impl_(std::make_unique<Impl>(host, program, std::move(backend), router, std::move(settings), ledger_, plans_)) {}
Session::~Session() = default;

void Session::on_planned(std::function<void()> listener) { impl_->planned = std::move(listener); }

SessionResult Session::run() {
    SessionResult result;
    result.end = impl_->run();
    result.exit_code = impl_->exit_code;
    result.rejected = impl_->rejected;
    result.child_status = impl_->child_status;
    result.records_lost = ledger_.records_lost() > 0;
    return result;
}

void Session::request_stop() noexcept {
    impl_->stop = true;
    impl_->backend->wake();
}

void Session::on_reload(std::function<void()> listener) { impl_->reload = std::move(listener); }

void Session::request_reload() noexcept {
    impl_->reload_wanted = true;
    impl_->backend->wake();
}

void Session::notify_signal(int number) noexcept {
    impl_->signals |= uint64_t{1} << number;
    impl_->backend->wake();
}

}  // namespace avocet::core
