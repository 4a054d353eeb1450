// SPDX-License-Identifier: Apache-2.0
//
// One run: a program, its plans, a backend, routes and the loss ledger, from load to the last record.
//
//   load -> begin functions -> attach -> "attached" -> child runs -> samples ... -> detach -> drain -> end functions
//        -> drain -> maps -> ledger -> sinks closed
//
// Stop is orderly: nothing that was produced is dropped without being counted. request_stop() once drains and prints,
// twice gives up on what sinks still hold.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "program/program.hpp"
#include "route/router.hpp"
#include "session/backend_handle.hpp"
#include "session/child.hpp"
#include "session/host_services.hpp"
#include "session/ledger.hpp"
#include "session/planner.hpp"
#include "session/recorder.hpp"
#include "session/selfrun.hpp"
#include "session/stream.hpp"

namespace avocet::core {

struct SessionSettings {
    int32_t pid = -1;
    std::vector<uint32_t> unwound_pids;  // --dwarf-pid: processes whose unwind tables are read, too
    std::string command;                 // -c; empty: none
    uint64_t duration_ns = 0;            // 0: no limit
    uint64_t buffer_bytes_per_cpu = 8u << 20;
    uint32_t rings = 0;  // of the ring transport; 0: by the number of CPUs
    uint64_t drain_interval_ns = 5'000'000;
    avocet_transport transport = AVOCET_TRANSPORT_RING;
    SessionMode mode = SessionMode::trace;
    bool event_times = false;  // a sink wants to know when each event happened
    bool unsafe = false, explain = false, warnings = false, dry_run = false, live_maps = false;
    std::optional<bool> print_maps_on_exit;  // overrides the program's
    uint64_t show_maps_every_ns = 0;         // as if the program printed all of them; 0: never
    uint64_t wall_minus_boot_ns = 0;         // CLOCK_REALTIME - CLOCK_BOOTTIME; replays bring that of the recording
    std::function<bool(const std::string& name)> keep_probe;     // unset: all
    std::vector<std::pair<std::string, std::string>> constants;  // of named options: name and bytes
    std::optional<StreamWish> stream;                            // the events go to another program
    // Replays answer from what was recorded instead of resolving probes here.
    bool replay = false;
    std::vector<std::string> replay_attach_names;
    std::vector<RecordedShow> replay_shows;
};

enum class SessionEnd { normal, failed_load, failed_attach, failed_privilege, failed_command };

struct SessionResult {
    SessionEnd end = SessionEnd::normal;
    int exit_code = 0;  // of the program's exit(code)
    bool records_lost = false;
    bool rejected = false;            // by the kernel's verifier
    std::optional<int> child_status;  // of waitpid, when the -c command has ended
};

class Session {
public:
    Session(HostServices& host, const Program& program, std::unique_ptr<BackendHandle> backend, Router& router,
            SessionSettings settings);
    ~Session();

    // Called in run() once the plans are known, before anything is loaded.
    void on_planned(std::function<void()> listener);
    SessionResult run();
    // First call: end in order. [thread: any, async-signal-safe]
    void request_stop() noexcept;
    // `reload` is called between two batches, on the thread that run() is on, after request_reload().
    void on_reload(std::function<void()> listener);
    void request_reload() noexcept;  // [thread: any, async-signal-safe]
    // Runs `self:signal` functions for this signal. [thread: any, async-signal-safe]
    void notify_signal(int number) noexcept;
    const Ledger& ledger() const { return ledger_; }
    const PlanSet& plans() const { return plans_; }

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    Ledger ledger_;
    PlanSet plans_;
};

}  // namespace avocet::core
