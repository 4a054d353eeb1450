// SPDX-License-Identifier: Apache-2.0
//
// Of a session: which probes, which processes; what the program is loaded with; what is attached in which order.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "avocet/abi/program.h"
#include "avocet/error.hpp"
#include "session/cgroup_maps.hpp"
#include "session/facts.hpp"
#include "session/session_impl.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t kSmallBuffer = 128u << 10;  // per CPU, for programs that write only now and then

// Attach order within one event: functions entered through breakpoints fire last-attached first.
bool attaches_in_reverse(const ManifestFunction& f) {
    return (f.context == "pt_regs" && !f.is_return) || f.context == "fentry" || f.context == "fexit";
}

}  // namespace

const ManifestFact* Session::Impl::wanted_tables() const {
    if (settings.replay) return nullptr;
    for (const ManifestFact& fact : manifest.facts)
        if (fact.kind == "unwind_tables") return &fact;
    return nullptr;
}

bool Session::Impl::prepare() {
    if (settings.command.empty()) return true;
    std::function<void()> mapped;
    if (wanted_tables())
        mapped = [this] {
            if (stack_tables->add(static_cast<uint32_t>(child->pid()))) stack_tables->refresh(*backend);
        };
    child = Child::start(settings.command, host.diagnostics(), std::move(mapped));
    return child != nullptr;
}

bool Session::Impl::read_stack_tables() {
    const ManifestFact* fact = wanted_tables();
    if (!fact) return true;
    stack_tables = std::make_unique<StackTables>(host.diagnostics(), child != nullptr);
    std::vector<uint32_t> pids = settings.unwound_pids;
    if (settings.pid > 0) pids.push_back(static_cast<uint32_t>(settings.pid));
    if (pids.empty() && !child) {
        host.diagnostics().error("session",
                                 "dw_ustack requires a target process. Use -p, -c, or --dwarf-pid to specify one.", {},
                                 237, fact->place);
        return false;
    }
    return std::all_of(pids.begin(), pids.end(), [&](uint32_t pid) { return stack_tables->add(pid); });
}

// A process that ends later ends the session; one that has ended is a mistake.
bool Session::Impl::plan() {
    if (!settings.replay && settings.pid > 0 && kill(settings.pid, 0) < 0 && errno == ESRCH) {
        host.diagnostics().error("session", "process '" + std::to_string(settings.pid) + "' does not exist", {}, 224);
        return false;
    }
    if (!read_stack_tables()) return false;
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

bool Session::Impl::choose_own_functions() {
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
    host.diagnostics().error(
        "session",
        "No probes attached; use --" + left_out + " to run " + (left_out == "test" ? "test" : "benchmark") + " probes",
        {}, 232);
    return false;
}

bool Session::Impl::choose_processes() {
    for (auto& f : plans.functions) {
        for (size_t i = 0; i < f.plans.size(); ++i) {
            const OwnedPlan& plan = f.plans[i];
            const bool in_kernel = plan.targets.empty() || plan.targets[0].value >> 63;
            if (plan.abi.kind != AVOCET_PLAN_HW_BREAKPOINT || plan.abi.pid > 0 || in_kernel) continue;
            if (!child) {
                host.diagnostics().error("session", "'" + plan.targets[0].name + "': the address belongs to a process",
                                         "say which: -p PID, or -c COMMAND", 234, f.function->probes.front().place);
                return false;
            }
            f.plans[i].abi.pid = f.abi_plans[i].pid = child->pid();
        }
    }
    return true;
}

PlannerSettings Session::Impl::planner_settings() const {
    PlannerSettings ps;
    ps.pid = settings.pid;
    ps.spec_flags = settings.unsafe ? static_cast<uint32_t>(AVOCET_SPEC_UNSAFE) : 0u;
    ps.missing = manifest.settings.missing_probes;
    ps.keep = settings.keep_probe;
    return ps;
}

void Session::Impl::sort_runtime_functions() {
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

bool Session::Impl::writes_events_often() const {
    std::vector<uint32_t> busy;
    for (const auto& f : manifest.functions)
        if (f.context != "runtime") busy.push_back(f.clause);
    return std::any_of(manifest.outputs.begin(), manifest.outputs.end(), [&](const ManifestOutput& o) {
        return o.kind != "exit" && o.kind != "error" && std::find(busy.begin(), busy.end(), o.clause) != busy.end();
    });
}

void Session::Impl::name_missing_features() {
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

avocet_status Session::Impl::pin_stream() {
    const StreamWish& wish = *settings.stream;
    if (!backend->has_stream() || settings.replay) {
        host.diagnostics().error("session",
                                 "sink '" + wish.sink + "': takes the event stream whole, which " +
                                     (settings.replay ? "a recording does not have"
                                                      : "this backend, or one that is being recorded, cannot give"),
                                 "use a sink that takes records", 236);
        return AVOCET_ERR_UNSUPPORTED;
    }
    if (!can_stream(manifest, wish, host.diagnostics())) return AVOCET_ERR_INVALID;
    const std::string description = stream_manifest(manifest, plans);
    avocet_stream_pin pin{};
    pin.struct_size = sizeof pin;
    pin.flags = manifest.events ? AVOCET_STREAM_HEADERS | AVOCET_STREAM_STAMPED : 0u;
    pin.where = {sizeof pin.where, wish.mode, to_abi(wish.directory), wish.end_wait_ns, wish.group, wish.wake_bytes};
    pin.manifest = to_abi(description);
    pin.wall_minus_boot_ns = settings.wall_minus_boot_ns;
    return backend->pin_stream(pin);
}

avocet_status Session::Impl::load(const std::vector<avocet_function>& functions) {
    uint64_t per_cpu = settings.buffer_bytes_per_cpu;
    if (settings.stream)
        if (avocet_status status = pin_stream(); status != AVOCET_OK) return status;
    const auto processors = static_cast<uint64_t>(sysconf(_SC_NPROCESSORS_CONF));
    if (manifest.settings.buffer_pages)
        per_cpu = (manifest.settings.buffer_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + processors - 1) /
                  processors;
    else if (manifest.events && !settings.stream && !writes_events_often())
        per_cpu = std::min(per_cpu, kSmallBuffer);
    RunFacts facts;
    facts.transport = settings.transport;
    facts.filter_pid = settings.pid > 0 ? static_cast<uint32_t>(settings.pid) : 0;
    facts.cpid = child ? static_cast<uint32_t>(child->pid()) : 0;
    facts.warnings = settings.warnings;
    if (settings.transport == AVOCET_TRANSPORT_RING) facts.ring_count = ring_count(program, settings.rings);
    facts.stamp = stamped =
        settings.transport == AVOCET_TRANSPORT_PERF || facts.ring_count || settings.stream || settings.event_times;
    facts.start_boot_ns = clock_ns(CLOCK_BOOTTIME);
    facts.wake_bytes = per_cpu * processors / std::max(facts.ring_count, 1u) / 4;
    if (settings.stream) facts.wake_bytes = settings.stream->wake_bytes;
    if (!settings.replay && !resolve_facts(program, host, planner_settings(), constants)) return AVOCET_ERR_NOT_FOUND;
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
    CgroupMaps groups;
    if (!settings.replay && !groups.open(manifest.cgroups, host.diagnostics())) return AVOCET_ERR_NOT_FOUND;
    std::vector<avocet_map_image> images = {
        {to_abi(AVOCET_MAP_NAMES), static_cast<uint32_t>(names.size()), sizeof names[0], names.data()}};
    if (!locations.empty())
        images.push_back({to_abi(AVOCET_MAP_LOCATIONS), static_cast<uint32_t>(locations.size()),
                          sizeof(TargetLocations), locations.data()});
    groups.add_images(manifest.cgroups, images);
    request.verifier_log_bytes = static_cast<uint32_t>(std::min<uint64_t>(manifest.settings.log_size, UINT32_MAX));
    const avocet_map_size rows{to_abi(AVOCET_MAP_UNWIND_ROWS), stack_tables ? stack_tables->map_pages() : 0, 0};
    request.map_sizes = &rows;
    request.map_size_count = stack_tables ? 1 : 0;
    request.map_images = images.data();
    request.map_image_count = images.size();
    const avocet_status status = backend->load(request);
    if (status != AVOCET_OK || !stack_tables) return status;
    return stack_tables->write(*backend) ? AVOCET_OK : AVOCET_ERR_IO;
}

avocet_status Session::Impl::attach(std::vector<avocet_function> functions) {
    std::vector<avocet_function> ordered;
    for (size_t i = functions.size(); i-- > 0;)
        if (attaches_in_reverse(*plans.functions[i].function)) ordered.push_back(functions[i]);
    for (size_t i = 0; i < functions.size(); ++i)
        if (!attaches_in_reverse(*plans.functions[i].function)) ordered.push_back(functions[i]);
    size_t failed = 0;
    bool give_up = false;
    avocet_status status =
        backend->attach(ordered, [&](std::string_view name, const avocet_plan& plan, const avocet_diagnostic& why) {
            const bool both_ends = plan.flags & AVOCET_PLAN_SESSION && plan.target_count && plan.targets[0].semaphore;
            failed += plan.target_count * (both_ends ? 2 : 1);
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

bool Session::Impl::may_run_commands() {
    if (settings.unsafe || settings.replay) return true;
    for (const ManifestOutput& o : manifest.outputs)
        if (o.kind == "system") {
            host.diagnostics().error("session", "program '" + manifest.tool + "': runs commands on this machine",
                                     "--unsafe allows it", 232);
            return false;
        }
    return true;
}

}  // namespace avocet::core
