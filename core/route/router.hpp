// SPDX-License-Identifier: Apache-2.0
//
// Routes: which batches go to which sink, through a queue of its own with a drop policy. A slow sink fills its own
// queue and nobody else's. One thread for each sink. offer() is [thread: data]; the rest [thread: control].
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "avocet/abi/sink.h"
#include "host/diagnostics.hpp"
#include "record/decoder.hpp"
#include "route/sampler.hpp"
#include "route/transform.hpp"

namespace avocet::core {

enum class WhenFull { block, drop_oldest, drop_newest };

struct RouteMatch {
    std::vector<std::string> kinds;                // "event", "map", "loss", "lifecycle", "error"; empty: all
    std::vector<std::string> tools, probes, maps;  // patterns with `*`; empty: all
    std::vector<std::string> severities = {};      // "info", "warning", "error"; empty: all
    std::string where = {};                        // a condition over fields (expression.hpp); empty: all
};

// What a sink could not take is tried again: `attempts` times after an error; after AGAIN until it takes it. The pause
// doubles from first_ns to longest_ns, and begins anew when the sink takes something.
struct RetryConfig {
    uint32_t attempts = 0;
    uint64_t first_ns = 1'000'000, longest_ns = 100'000'000;
};

struct RouteConfig {
    std::string name;
    RouteMatch match;
    std::vector<std::string> sinks;  // names
    uint64_t queue_records = 65536;
    WhenFull when_full = WhenFull::block;
    uint64_t queue_bytes = 256u << 20;
    RetryConfig retry = {};
    SampleConfig sample = {};
    TransformConfig transform = {};
    std::string dead_letter_path = {};  // empty: none
    uint64_t dead_letter_bytes = 10u << 20;
};

// Per route and sink, exact to the record: offered = delivered + dropped + failed (+ queued while running).
struct RouteCounts {
    std::string route, sink;
    uint64_t offered = 0, delivered = 0, dropped = 0, failed = 0;
    bool ended = false;  // the sink said that nobody reads any more: what it did not take was not wanted
    // Of the route, before any queue: what its filter and its sampler left out. Not wanted, so not lost.
    uint64_t filtered = 0, sampled_out = 0;
};

struct DeadLetterCounts {
    std::string path;
    uint64_t written = 0, left_out = 0;  // left_out: did not fit, or could not be written
};

// A field that a route's settings name and no record had.
struct UnknownName {
    std::string route, setting, name, hint;
};

class Router {
public:
    // `renderer`: for conditions, redactions and dead letters. It must outlive the router.
    explicit Router(Diagnostics& diagnostics, const Renderer* renderer = nullptr);
    ~Router();  // stops without draining if finish() was not called

    // The router calls consume, flush, tick, close on the sink's own thread; destroys it in finish().
    // `on_thread` runs on that thread first.
    void add_sink(std::string name, const avocet_sink_factory* factory, avocet_sink* sink,
                  std::function<void()> on_thread = {});
    // false: it could not be added, which was reported.
    bool add_route(RouteConfig config);
    // Called once, when no sink wants any more (AVOCET_STOP). [thread: a sink's; state: before start]
    void on_all_ended(std::function<void()> listener);
    void start();

    void offer(const BatchPtr& batch);
    // Everything offered so far has been taken and flushed, or counted.
    void drain();
    // Drains, closes and destroys every sink. Idempotent.
    void finish();
    // Gives up on what is queued (second SIGINT); it is counted as dropped. [thread: any]
    void abandon();
    std::vector<RouteCounts> counts() const;             // [thread: any]
    std::vector<DeadLetterCounts> dead_letters() const;  // [thread: any]
    std::vector<UnknownName> unknown_names() const;      // [thread: data, or after it]

    // Another graph in place of this one, while records come. After begin_replacement(), add_sink, keep_sink and
    // add_route build the new graph; replace() lets records go to it. A kept sink is not closed: what waits for it is
    // delivered first. A sink of the old graph that is not kept takes what waits for it, is closed, and a new one of
    // its name begins only then, so that no destination sees records out of order. cancel_replacement destroys the new
    // sinks. Counts go on where they were. [thread: data; state: started]
    void begin_replacement();
    void keep_sink(const std::string& name);
    void replace();
    void cancel_replacement();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::core
