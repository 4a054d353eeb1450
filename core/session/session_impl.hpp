// SPDX-License-Identifier: Apache-2.0
//
// A session from the inside: what it owns, and its three parts, a file each. session_start.cpp plans, loads and
// attaches; session_data.cpp turns what the backend brings into records and does what samples ask for; session.cpp runs
// it all, in order.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "record/batch.hpp"
#include "record/decoder.hpp"
#include "session/child.hpp"
#include "session/constants.hpp"
#include "session/process_watch.hpp"
#include "session/requests.hpp"
#include "session/session.hpp"
#include "session/stack_tables.hpp"

namespace avocet::core {

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
    std::unique_ptr<StackTables> stack_tables;  // of programs that unwind by them
    std::unique_ptr<Decoder> decoder;
    bool stamped = false;  // events carry times
    std::atomic<bool> stop{false}, process_ended{false}, reload_wanted{false};
    std::atomic<uint64_t> signals{0};  // bit per signal number
    std::function<void()> planned, reload;
    int exit_code = 0;
    std::optional<int> child_status;
    bool exit_seen = false, names_users = false, rejected = false;
    uint64_t last_wall_ns = 0, last_loss_ns = 0, next_show_ns = 0;
    std::vector<std::string> begin_functions, end_functions;
    std::vector<std::pair<std::string, uint64_t>> signal_functions;
    std::vector<SelfRunFunction> own_functions;  // tests or benches, by the mode
    bool keeping = false;                        // records are kept from the router: `kept`
    SelfRunTraces kept;
    std::vector<uint64_t> loss_totals;
    std::map<std::string, uint64_t> buffer_losses;  // of C programs' buffers, as last read
    uint64_t shown_intervals = 0;                   // prints of all maps before the end
    uint64_t unreadable = 0;                        // by C programs, as last read
    Constants constants;
    PacketFiles packets;
    std::set<uint32_t> zeroed_maps;  // scalars whose value zero() has made 0

    // ---- session_start.cpp ----
    bool prepare();
    // The fact of a program that unwinds user stacks by tables; nullptr: it does not.
    const ManifestFact* wanted_tables() const;
    // Reads the tables of the processes that run already.
    bool read_stack_tables();
    bool plan();
    // Tests and benches run in their modes only, else they are not even loaded.
    bool choose_own_functions();
    // A user address means something in one process only: the one of -p, which the plan knows, or the -c child.
    bool choose_processes();
    PlannerSettings planner_settings() const;
    // Runtime functions by what starts them. The recording knows no plans, so the manifest's specs decide.
    void sort_runtime_functions();
    // Whether probes that may fire at any rate write events: such programs get the full buffer.
    bool writes_events_often() const;
    // After a refusal: what the program says it needs and this kernel has not is the likely reason.
    void name_missing_features();
    avocet_status pin_stream();
    avocet_status load(const std::vector<avocet_function>& functions);
    avocet_status attach(std::vector<avocet_function> functions);
    // Commands need the user's word, also when the script was compiled elsewhere.
    bool may_run_commands();

    // ---- session_data.cpp ----
    // What the reader has left is lost, as far as this session can tell.
    void finish_stream();
    void make_decoder();
    bool stack_frames(uint64_t id, std::vector<uint64_t>& frames);
    // Values of such a map are addresses up to the first zero.
    bool map_stack_frames(std::string_view map, uint32_t id, std::vector<uint64_t>& frames);
    bool map_value(std::string_view map, const std::string& key, std::string& value);
    void publish(const BatchPtr& batch);
    // What a test or bench leaves is shown later, if at all.
    void keep(const avocet_batch& batch);
    // Anything but what warnf() says.
    static bool is_error(const avocet_batch& batch);
    void print_map(uint32_t map, uint64_t top, uint64_t div, bool final);
    std::vector<BatchPtr> read_map(uint32_t map, uint64_t top, uint64_t div, bool final);
    void clear_map(uint32_t map);
    void zero_map(uint32_t map);
    // What a sample asks of this machine. A recording asks for what was done when it was made: nothing is done again.
    void serve(const Action& action);
    std::string rendered(const OwnedBatch& batch);
    void act(const Action& action);
    void report_loss(const std::string& where, const std::string& cause, uint64_t count, bool record);
    void consume(const avocet_sample_batch& batch);
    // Differences of the program's own counters since the last look.
    void read_losses();
    void read_buffer_losses();
    void read_unreadable();
    void drain();
    // Shows every map if it is time; how long until the next.
    uint64_t show_maps_if_due();
    void show_maps(uint64_t wall_ns);
    void replay_shows(uint64_t polls);
    size_t shows_replayed = 0;
    void print_all_maps(bool final);

    // ---- session.cpp ----
    bool run_own_functions();
    void run_functions(const std::vector<std::string>& functions);
    void run_signal_functions();
    void say_what_is_pinned();
    // A program of begin and end functions only ends by itself.
    bool has_sources() const;
    void loop();
    std::unique_ptr<ProcessWatch> watch_processes(int& pidfd);
    void finish();
    SessionEnd run();
};

}  // namespace avocet::core
