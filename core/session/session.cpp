// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <unordered_map>

#include "avocet/abi/program.h"
#include "avocet/error.hpp"
#include "record/batch.hpp"
#include "record/decoder.hpp"
#include "record/render.hpp"
#include "session/constants.hpp"
#include "session/facts.hpp"
#include "session/requests.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t kPollNs = 100'000'000;
constexpr uint64_t kLossInterval = 100'000'000;
constexpr uint64_t kSmallBuffer = 128u << 10;  // per CPU, for programs that write only now and then

// Wakes the session when a process ends.
class ProcessWatch {
public:
    ProcessWatch(std::vector<int> pidfds, std::function<void()> on_end) : stop_(eventfd(0, EFD_CLOEXEC)) {
        thread_ = std::thread([this, fds = std::move(pidfds), on_end = std::move(on_end)] {
            std::vector<pollfd> polls{{stop_, POLLIN, 0}};
            for (int fd : fds) polls.push_back({fd, POLLIN, 0});
            while (poll(polls.data(), polls.size(), -1) < 0 && errno == EINTR) {}
            if (!(polls[0].revents & POLLIN)) on_end();
        });
    }
    ~ProcessWatch() {
        uint64_t one = 1;
        (void)!write(stop_, &one, sizeof one);
        thread_.join();
        close(stop_);
    }

private:
    int stop_;
    std::thread thread_;
};

const char* const kCauses[] = {"ring full",        "map full",        "memory unreadable",
                               "string truncated", "stack truncated", "stack map full",
                               "stack unreadable", "scratch busy",    "control ring full"};

bool loses_record(uint32_t cause) {
    return cause == AVOCET_LOSS_RING_FULL || cause == AVOCET_LOSS_SCRATCH_BUSY || cause == AVOCET_LOSS_CONTROL_FULL;
}

// Attach order within one event: functions entered through breakpoints fire last-attached first.
bool attaches_in_reverse(const ManifestFunction& f) {
    return (f.context == "pt_regs" && !f.is_return) || f.context == "fentry" || f.context == "fexit";
}

}  // namespace

struct Session::Impl {
    Impl(HostServices& h, const Program& p, std::unique_ptr<BackendHandle> b, Router& r, SessionSettings s, Ledger& l,
         PlanSet& pl)
        : host(h),
          program(p),
          manifest(p.manifest()),
          backend(std::move(b)),
          router(r),
          settings(std::move(s)),
          ledger(l),
          plans(pl) {}

    HostServices& host;
    const Program& program;
    const Manifest& manifest;
    std::unique_ptr<BackendHandle> backend;
    Router& router;
    SessionSettings settings;
    Ledger& ledger;
    PlanSet& plans;
    std::unique_ptr<Child> child;
    std::unique_ptr<Decoder> decoder;
    bool stamped = false;  // events carry times
    std::atomic<bool> stop{false}, process_ended{false};
    std::atomic<uint64_t> signals{0};  // bit per signal number
    std::function<void()> planned;
    int exit_code = 0;
    std::optional<int> child_status;
    bool exit_seen = false, names_users = false;
    uint64_t last_wall_ns = 0, last_loss_ns = 0;
    std::vector<std::string> begin_functions, end_functions;
    std::vector<std::pair<std::string, uint64_t>> signal_functions;
    std::vector<SelfRunFunction> own_functions;  // tests or benches, by the mode
    bool keeping = false;                        // records are kept from the router: `kept`
    SelfRunTraces kept;
    std::vector<uint64_t> loss_totals;
    Constants constants;
    PacketFiles packets;

    // ---- set-up ----
    bool prepare() {
        if (!settings.command.empty()) {
            child = Child::start(settings.command, host.diagnostics());
            if (!child) return false;
        }
        return true;
    }

    bool plan() {
        if (settings.replay) {
            plans.attach_names = settings.replay_attach_names;
            for (const auto& f : manifest.functions) {
                plans.functions.emplace_back();
                plans.functions.back().function = &f;
            }
            return true;
        }
        return plan_program(manifest, host, planner_settings(), plans) && choose_processes() && choose_own_functions();
    }

    // Tests and benches run in their modes only, else they are not even loaded.
    bool choose_own_functions() {
        std::string left_out;
        for (auto& f : plans.functions) {
            if (f.plans.empty() || f.plans.front().abi.kind != AVOCET_PLAN_RUNTIME) continue;
            const std::string kind = f.plans.front().event;
            if (kind != "test" && kind != "bench") continue;
            const bool wanted = settings.mode == (kind == "test" ? SessionMode::test : SessionMode::bench);
            for (const auto& p : f.plans) {
                const std::string& name = p.targets.front().name;
                if (wanted) own_functions.push_back({f.function->name, name.substr(name.find(':') + 1)});
            }
            if (wanted) continue;
            left_out = left_out.empty() ? kind : "test";
            for (const auto& p : f.plans) plans.target_count -= p.targets.size();
            f.plans.clear();
            f.abi_plans.clear();
        }
        if (plans.target_count > 0 || left_out.empty()) return true;
        host.diagnostics().error("session",
                                 "No probes attached; use --" + left_out + " to run " +
                                     (left_out == "test" ? "test" : "benchmark") + " probes",
                                 {}, 232);
        return false;
    }

    // A user address means something in one process only: the one of -p, which the plan knows, or the -c child.
    bool choose_processes() {
        for (auto& f : plans.functions) {
            for (size_t i = 0; i < f.plans.size(); ++i) {
                const OwnedPlan& plan = f.plans[i];
                const bool in_kernel = plan.targets.empty() || plan.targets[0].value >> 63;
                if (plan.abi.kind != AVOCET_PLAN_HW_BREAKPOINT || plan.abi.pid > 0 || in_kernel) continue;
                if (!child) {
                    host.diagnostics().error("session",
                                             "'" + plan.targets[0].name + "': the address belongs to a process",
                                             "say which: -p PID, or -c COMMAND", 234, f.function->probes.front().place);
                    return false;
                }
                f.plans[i].abi.pid = f.abi_plans[i].pid = child->pid();
            }
        }
        return true;
    }

    PlannerSettings planner_settings() const {
        PlannerSettings ps;
        ps.pid = settings.pid;
        ps.spec_flags = settings.unsafe ? static_cast<uint32_t>(AVOCET_SPEC_UNSAFE) : 0u;
        ps.missing = manifest.settings.missing_probes;
        ps.keep = settings.keep_probe;
        return ps;
    }

    // Runtime functions by what starts them. The recording knows no plans, so the manifest's specs decide.
    void sort_runtime_functions() {
        for (const auto& f : plans.functions) {
            for (const auto& probe : f.function->probes) {
                auto parts = split_spec(probe.spec);
                std::string kind = parts[0];
                std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
                if (f.function->context != "runtime") continue;
                if (kind == "begin") begin_functions.push_back(f.function->name);
                if (kind == "end") end_functions.push_back(f.function->name);
            }
            for (const auto& p : f.plans)
                if (p.abi.kind == AVOCET_PLAN_RUNTIME && p.event == "signal")
                    signal_functions.emplace_back(f.function->name, p.abi.period);
        }
    }

    // Whether probes that may fire at any rate write events: such programs get the full buffer.
    bool writes_events_often() const {
        std::vector<uint32_t> busy;
        for (const auto& f : manifest.functions)
            if (f.context != "runtime") busy.push_back(f.clause);
        return std::any_of(manifest.outputs.begin(), manifest.outputs.end(), [&](const ManifestOutput& o) {
            return o.kind != "exit" && o.kind != "error" && std::find(busy.begin(), busy.end(), o.clause) != busy.end();
        });
    }

    // After a refusal: what the program says it needs and this kernel has not is the likely reason.
    void name_missing_features() {
        for (const std::string& need : manifest.needs) {
            backend->features(need.c_str(), [&](const avocet_feature& f) {
                if (f.present != 0) return true;
                host.diagnostics().error("session", "the program needs the kernel feature '" + need + "'",
                                         f.needs && *f.needs ? std::string("it comes with ") + f.needs : std::string(),
                                         231);
                return true;
            });
        }
    }

    avocet_status load(const std::vector<avocet_function>& functions) {
        uint64_t per_cpu = settings.buffer_bytes_per_cpu;
        if (manifest.events && !writes_events_often()) per_cpu = std::min(per_cpu, kSmallBuffer);
        RunFacts facts;
        facts.transport = settings.transport;
        facts.filter_pid = settings.pid > 0 ? static_cast<uint32_t>(settings.pid) : 0;
        facts.cpid = child ? static_cast<uint32_t>(child->pid()) : 0;
        facts.warnings = settings.warnings;
        if (settings.transport == AVOCET_TRANSPORT_RING) facts.ring_count = ring_count(program, settings.rings);
        facts.stamp = stamped = settings.transport == AVOCET_TRANSPORT_PERF || facts.ring_count;
        facts.start_boot_ns = clock_ns(CLOCK_BOOTTIME);
        facts.wake_bytes =
            per_cpu * static_cast<uint64_t>(sysconf(_SC_NPROCESSORS_CONF)) / std::max(facts.ring_count, 1u) / 4;
        if (!settings.replay && !resolve_facts(program, host, planner_settings(), constants))
            return AVOCET_ERR_NOT_FOUND;
        add_run_constants(program, facts, plans, constants);
        for (const auto& [name, bytes] : settings.constants) constants.add_bytes(name, bytes);
        avocet_load_request request{};
        request.struct_size = sizeof request;
        request.transport = settings.transport;
        request.elf = {program.elf().data(), program.elf().size()};
        request.buffer_bytes_per_cpu = per_cpu;
        request.drain_interval_ns = settings.drain_interval_ns;
        request.ring_count = facts.ring_count;
        request.constants = constants.list().data();
        request.constant_count = constants.list().size();
        request.functions = functions.data();
        request.function_count = functions.size();
        const std::vector<TargetLocations> locations = target_locations(plans);
        const std::vector<uint32_t> names = shared_names(plans);
        const avocet_map_image images[] = {
            {to_abi(AVOCET_MAP_NAMES), static_cast<uint32_t>(names.size()), sizeof names[0], names.data()},
            {to_abi(AVOCET_MAP_LOCATIONS), static_cast<uint32_t>(locations.size()), sizeof(TargetLocations),
             locations.data()}};
        request.map_images = images;
        request.map_image_count = locations.empty() ? 1 : 2;
        return backend->load(request);
    }

    void make_decoder() {
        DecoderContext context;
        context.probe_name = [this](uint32_t id) {
            return id < plans.attach_names.size() ? plans.attach_names[id] : std::string();
        };
        context.stack_frames = [this](uint64_t id, std::vector<uint64_t>& frames) { return stack_frames(id, frames); };
        context.boot_to_wall_ns = settings.wall_minus_boot_ns;
        context.stamped = stamped;
        decoder = std::make_unique<Decoder>(program, std::move(context), host.diagnostics());
    }

    bool stack_frames(uint64_t id, std::vector<uint64_t>& frames) {
        bool found = false;
        backend->map_lookup(AVOCET_MAP_STACKS, &id, 1, [&](const avocet_map_rows& rows) {
            if (rows.count == 0 || rows.slot_size < sizeof(uint64_t)) return true;
            const auto* words = static_cast<const uint64_t*>(rows.values);
            uint64_t limit = rows.slot_size / sizeof(uint64_t) - 1;
            frames.assign(words + 1, words + 1 + std::min(words[0], limit));
            found = true;
            return false;
        });
        return found;
    }

    avocet_status attach(std::vector<avocet_function> functions) {
        std::vector<avocet_function> ordered;
        for (size_t i = functions.size(); i-- > 0;)
            if (attaches_in_reverse(*plans.functions[i].function)) ordered.push_back(functions[i]);
        for (size_t i = 0; i < functions.size(); ++i)
            if (!attaches_in_reverse(*plans.functions[i].function)) ordered.push_back(functions[i]);
        size_t failed = 0;
        bool give_up = false;
        avocet_status status =
            backend->attach(ordered, [&](std::string_view name, const avocet_plan& plan, const avocet_diagnostic& why) {
                failed += plan.target_count;
                std::string policy = "error";
                Place place;
                for (const auto& f : manifest.functions) {
                    if (f.name != name) continue;
                    policy = f.missing;
                    if (f.probes.size() == 1) place = f.probes[0].place;
                    for (const auto& p : f.probes)  // of several, the one that is the target's own text
                        if (plan.target_count && p.spec == avocet::view(plan.targets[0].name)) place = p.place;
                }
                std::string probe = plan.target_count ? string(plan.targets[0].name) : std::string(name);
                if (plan.target_count > 1) probe += " and " + std::to_string(plan.target_count - 1) + " more";
                std::string text = "cannot attach '" + probe + "': " + string(why.message);
                ledger.add(probe, "unattached probe", plan.target_count, false);
                if (policy == "error") {
                    host.diagnostics().error("session", text, string(why.hint), 230, place);
                    give_up = true;
                    return false;
                }
                if (policy == "warn")
                    host.diagnostics().warning("session", text + "; skipped", string(why.hint), 230, place);
                return true;
            });
        if (give_up) return AVOCET_ERR_UNSUPPORTED;
        if (status == AVOCET_OK && failed && failed == plans.target_count) {
            host.diagnostics().error("session", "no probe could be attached", {}, 231);
            return AVOCET_ERR_UNSUPPORTED;
        }
        plans.target_count -= failed;
        return status;
    }

    // ---- data ----
    void publish(const BatchPtr& batch) {
        if (!batch) return;
        if (keeping)
            keep(view(batch));
        else
            router.offer(batch);
    }

    // What a test or bench leaves is shown later, if at all.
    void keep(const avocet_batch& batch) {
        const avocet_record_kind kind = batch.schema->kind;
        if (kind == AVOCET_RECORD_ERROR) kept.errors = kept.errors || is_error(batch);
        if (settings.mode == SessionMode::test && kind != AVOCET_RECORD_LOSS)
            host.renderer().text(batch, 0, batch.row_count, kept.output);
    }

    // Anything but what warnf() says.
    static bool is_error(const avocet_batch& batch) {
        constexpr size_t kind_field = 7;
        for (uint32_t i = 0; i < batch.row_count; ++i) {
            const avocet_value& v = batch.rows[size_t{i} * batch.schema->field_count + kind_field];
            if (std::string_view(v.v.text, v.count) != "warnf") return true;
        }
        return false;
    }

    bool run_own_functions() {
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

    void print_map(uint32_t map, uint64_t top, uint64_t div, bool final) {
        if (map >= manifest.maps.size()) return;
        decoder->begin_map(map);
        backend->map_read(manifest.maps[map].symbol, [&](const avocet_map_rows& rows) {
            decoder->map_rows(rows);
            return true;
        });
        publish(decoder->finish_map(top, div, final, settings.live_maps && !final, last_wall_ns));
    }

    // What a sample asks of this machine. A recording asks for what was done when it was made: nothing is done again.
    void serve(const Action& action) {
        if (settings.replay) return;
        const ManifestOutput& output = manifest.outputs[action.map];
        std::string failure;
        if (action.kind == Action::packet) {
            failure = packets.write(output.file, action.time_ns, action.length, action.bytes);
        } else {
            std::string text = rendered(*action.request), answer;
            failure = action.kind == Action::cat ? read_start_of_file(text, output.max_bytes, answer)
                                                 : run_shell_command(text, answer);
            if (failure.empty() || action.kind == Action::system)
                publish(decoder->text(action.map, answer, last_wall_ns));
        }
        if (!failure.empty()) publish(decoder->failure(failure, last_wall_ns));
    }

    std::string rendered(const OwnedBatch& batch) {
        std::string text;
        host.renderer().text(batch.batch, 0, batch.batch.row_count, text);
        return text;
    }

    // Commands need the user's word, also when the script was compiled elsewhere.
    bool may_run_commands() {
        if (settings.unsafe || settings.replay) return true;
        for (const ManifestOutput& o : manifest.outputs)
            if (o.kind == "system") {
                host.diagnostics().error("session", "program '" + manifest.tool + "': runs commands on this machine",
                                         "--unsafe allows it", 232);
                return false;
            }
        return true;
    }

    void act(const Action& action) {
        switch (action.kind) {
            case Action::print_map: print_map(action.map, action.top, action.div, false); break;
            case Action::clear_map:
                if (action.map < manifest.maps.size()) backend->map_clear(manifest.maps[action.map].symbol);
                break;
            case Action::zero_map:
                if (action.map < manifest.maps.size()) backend->map_zero(manifest.maps[action.map].symbol);
                break;
            case Action::cat:
            case Action::system:
            case Action::packet: serve(action); break;
            case Action::exit:
                if (!exit_seen) exit_code = static_cast<int>(action.code & 255);
                exit_seen = true;
                break;
        }
    }

    void report_loss(const std::string& where, const std::string& cause, uint64_t count, bool record) {
        if (settings.mode == SessionMode::bench) return;  // what benches print is dropped anyway
        ledger.add(where, cause, count, record);
        publish(decoder->loss(where, cause, count, last_wall_ns, record));
    }

    void consume(const avocet_sample_batch& batch) {
        last_wall_ns = batch.wall_ns;
        decoder->decode(
            batch, [&](BatchPtr b) { publish(b); }, [&](const Action& a) { act(a); });
        if (batch.lost) report_loss("transport", "perf buffer full", batch.lost, true);
        if (batch.wall_ns - last_loss_ns >= kLossInterval) {
            last_loss_ns = batch.wall_ns;
            read_losses();
        }
    }

    // Differences of the program's own counters since the last look.
    void read_losses() {
        if (!manifest.events) return;
        std::vector<uint64_t> totals(manifest.functions.size() * AVOCET_LOSS_SLOTS);
        backend->map_read(AVOCET_MAP_LOSSES, [&](const avocet_map_rows& rows) {
            for (uint32_t i = 0; i < rows.count; ++i) {
                uint32_t key;
                std::memcpy(&key, static_cast<const char*>(rows.keys) + i * size_t{rows.key_size}, sizeof key);
                if (key >= totals.size() || rows.slot_size < sizeof(uint64_t)) continue;
                const char* slots = static_cast<const char*>(rows.values) + i * size_t{rows.slot_size} * rows.cpu_count;
                for (uint32_t cpu = 0; cpu < rows.cpu_count; ++cpu) {
                    uint64_t n;
                    std::memcpy(&n, slots + cpu * size_t{rows.slot_size}, sizeof n);
                    totals[key] += n;
                }
            }
            return true;
        });
        loss_totals.resize(totals.size());
        for (size_t i = 0; i < totals.size(); ++i) {
            if (totals[i] <= loss_totals[i]) continue;
            uint32_t cause = i % AVOCET_LOSS_SLOTS;
            const auto& f = manifest.functions[i / AVOCET_LOSS_SLOTS];
            report_loss(f.label.empty() ? f.name : f.label, cause < std::size(kCauses) ? kCauses[cause] : "other",
                        totals[i] - loss_totals[i], loses_record(cause));
            loss_totals[i] = totals[i];
        }
    }

    void drain() {
        avocet_sample_batch batch{};
        batch.struct_size = sizeof batch;
        for (;;) {
            avocet_status status = backend->poll(0, batch);
            if (status < 0) return;
            if (batch.count || batch.lost) consume(batch);
            if (status == AVOCET_STOP || (batch.count == 0 && batch.lost == 0)) return;
        }
    }

    void run_functions(const std::vector<std::string>& functions) {
        for (const auto& name : functions) {
            int64_t result = 0;
            backend->run(name, result);
        }
    }

    void run_signal_functions() {
        uint64_t pending = signals.exchange(0);
        if (!pending) return;
        for (const auto& [name, number] : signal_functions) {
            int64_t result = 0;
            if (pending & (uint64_t{1} << number)) backend->run(name, result);
        }
    }

    void say_what_is_pinned() {
        for (const auto& f : plans.functions)
            for (const auto& p : f.plans)
                if (p.abi.kind == AVOCET_PLAN_ITERATOR && !p.path.empty())
                    fmt::print(stderr, "Program pinned to {}\n", p.path);
    }

    // A program of begin and end functions only ends by itself.
    bool has_sources() const {
        if (settings.replay || child || settings.duration_ns) return true;
        return std::any_of(plans.functions.begin(), plans.functions.end(), [](const FunctionPlans& f) {
            return std::any_of(f.plans.begin(), f.plans.end(), [](const OwnedPlan& p) {
                return p.abi.kind != AVOCET_PLAN_RUNTIME || p.event == "signal";
            });
        });
    }

    void loop() {
        uint64_t end_ns = settings.duration_ns ? clock_ns(CLOCK_MONOTONIC) + settings.duration_ns : 0;
        avocet_sample_batch batch{};
        batch.struct_size = sizeof batch;
        while (!exit_seen && !stop && !process_ended) {
            uint64_t timeout = kPollNs;
            if (end_ns) {
                uint64_t now = clock_ns(CLOCK_MONOTONIC);
                if (now >= end_ns) return;
                timeout = std::min(timeout, end_ns - now);
            }
            run_signal_functions();
            avocet_status status = backend->poll(timeout, batch);
            if (names_users) host.symbols().pump();
            if (status < 0 || status == AVOCET_STOP) return;
            if (batch.count || batch.lost) consume(batch);
        }
    }

    std::unique_ptr<ProcessWatch> watch_processes(int& pidfd) {
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

    void finish() {
        backend->detach();
        drain();
        run_functions(end_functions);
        drain();
        read_losses();
        backend->losses([&](const avocet_kernel_loss& loss) {
            std::string name = string(loss.function);
            for (const auto& f : manifest.functions)
                if (f.name == name && !f.label.empty()) name = f.label;
            if (loss.count) report_loss(name, loss.cause, loss.count, true);
        });
        if (uint64_t errors = decoder->decode_errors()) report_loss("decoder", "decode error", errors, true);
        publish(decoder->lifecycle("ending", plans.target_count, last_wall_ns));
        if (settings.mode == SessionMode::trace &&
            settings.print_maps_on_exit.value_or(manifest.settings.print_maps_on_exit))
            print_all_maps();
        publish(decoder->lifecycle("end", plans.target_count, last_wall_ns));
    }

    void print_all_maps() {
        std::vector<uint32_t> order;
        for (uint32_t i = 0; i < manifest.maps.size(); ++i)
            if (manifest.maps[i].print) order.push_back(i);
        std::sort(order.begin(), order.end(),
                  [&](uint32_t a, uint32_t b) { return manifest.maps[a].name < manifest.maps[b].name; });
        for (uint32_t i : order) print_map(i, 0, 0, true);
    }

    SessionEnd run() {
        if (!prepare()) return SessionEnd::failed_command;
        if (!may_run_commands()) return SessionEnd::failed_load;
        if (!plan()) return SessionEnd::failed_attach;
        if (planned) planned();
        sort_runtime_functions();
        auto functions = plans.abi_functions();
        if (avocet_status s = load(functions); s != AVOCET_OK) {
            if (s != AVOCET_ERR_PERMISSION) name_missing_features();
            return s == AVOCET_ERR_PERMISSION ? SessionEnd::failed_privilege : SessionEnd::failed_load;
        }
        make_decoder();
        last_wall_ns = clock_ns(CLOCK_REALTIME);
        names_users = !settings.replay && program.uses_user_addresses();
        if (names_users) host.symbols().watch_processes(settings.pid);
        run_functions(begin_functions);
        if (avocet_status s = attach(functions); s != AVOCET_OK)
            return s == AVOCET_ERR_PERMISSION ? SessionEnd::failed_privilege : SessionEnd::failed_attach;
        int pidfd = -1;
        auto watch = watch_processes(pidfd);  // before anybody is told: who hears of it may end the process
        if (settings.mode == SessionMode::trace)
            publish(decoder->lifecycle("attached", plans.target_count, last_wall_ns));
        say_what_is_pinned();
        if (settings.dry_run) {
            watch.reset();
            if (pidfd >= 0) close(pidfd);
            backend->detach();
            return SessionEnd::normal;
        }
        SessionEnd end = SessionEnd::normal;
        if (child && !child->release(host.diagnostics())) end = SessionEnd::failed_command;
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
};

Session::Session(HostServices& host, const Program& program, std::unique_ptr<BackendHandle> backend, Router& router,
                 SessionSettings settings)
    : impl_(std::make_unique<Impl>(host, program, std::move(backend), router, std::move(settings), ledger_, plans_)) {}
Session::~Session() = default;

void Session::on_planned(std::function<void()> listener) { impl_->planned = std::move(listener); }

SessionResult Session::run() {
    SessionResult result;
    result.end = impl_->run();
    result.exit_code = impl_->exit_code;
    result.child_status = impl_->child_status;
    result.records_lost = ledger_.records_lost() > 0;
    return result;
}

void Session::request_stop() noexcept {
    impl_->stop = true;
    impl_->backend->wake();
}

void Session::notify_signal(int number) noexcept {
    impl_->signals |= uint64_t{1} << number;
    impl_->backend->wake();
}

}  // namespace avocet::core
