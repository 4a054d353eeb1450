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

namespace avocet::core {

enum class WhenFull { block, drop_oldest, drop_newest };

struct RouteMatch {
    std::vector<std::string> kinds;                // "event", "map", "loss", "lifecycle", "error"; empty: all
    std::vector<std::string> tools, probes, maps;  // patterns with `*`; empty: all
};

struct RouteConfig {
    std::string name;
    RouteMatch match;
    std::vector<std::string> sinks;  // names
    uint64_t queue_records = 65536;
    WhenFull when_full = WhenFull::block;
};

// Per route and sink, exact to the record: offered = delivered + dropped + failed (+ queued while running).
struct RouteCounts {
    std::string route, sink;
    uint64_t offered = 0, delivered = 0, dropped = 0, failed = 0;
    bool ended = false;  // the sink said that nobody reads any more: what it did not take was not wanted
};

class Router {
public:
    explicit Router(Diagnostics& diagnostics);
    ~Router();  // stops without draining if finish() was not called

    // The router calls consume, flush, tick, close on the sink's own thread; destroys it in finish().
    // `on_thread` runs on that thread first.
    void add_sink(std::string name, const avocet_sink_factory* factory, avocet_sink* sink,
                  std::function<void()> on_thread = {});
    void add_route(RouteConfig config);
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
    std::vector<RouteCounts> counts() const;  // [thread: any]

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::core
