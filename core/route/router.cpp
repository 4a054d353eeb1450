// SPDX-License-Identifier: Apache-2.0
//
// Routes and lanes put together. Which queues a batch goes to is found once for each schema and remembered, so that
// handing over costs a lookup and a lock for each batch, not for each record. Two routes to one sink are two queues and
// two copies of what both match.
//
// A graph is a set of lanes and routes. There is one that records go to, one that may be being built, and those that
// were replaced: they drain, and stay until the end, because sinks that were left behind may still look at their
// schemas.
#include "route/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

#include "route/lane.hpp"
#include "route/match.hpp"
#include "route/stage.hpp"

namespace avocet::core {

namespace {

struct Target {
    SinkLane* lane;
    RouteQueue* queue;
};

struct Route {
    RouteConfig config;
    std::unique_ptr<Stage> stage;  // null: batches go on as they are
    std::vector<Target> targets;
};

struct Graph {
    std::vector<std::shared_ptr<SinkLane>> lanes;
    std::vector<std::unique_ptr<Route>> routes;
    std::map<std::string, std::shared_ptr<DeadLetters>> letters;
    std::unordered_map<const avocet_schema*, std::vector<Route*>> matching;  // [thread: data]
    const avocet_schema* last_schema = nullptr;
    const std::vector<Route*>* last_routes = nullptr;

    const std::vector<Route*>& routes_of(const avocet_schema* schema) {
        if (schema == last_schema) return *last_routes;
        auto [entry, is_new] = matching.try_emplace(schema);
        if (is_new)
            for (auto& route : routes)
                if (matches(route->config.match, *schema)) entry->second.push_back(route.get());
        last_schema = schema;
        last_routes = &entry->second;  // stays put: the map never erases
        return entry->second;
    }

    SinkLane* find(const std::string& name) const {
        auto lane = std::find_if(lanes.begin(), lanes.end(), [&](auto& l) { return l->name() == name; });
        return lane == lanes.end() ? nullptr : lane->get();
    }
};

}  // namespace

struct Router::Impl {
    Impl(Diagnostics& d, const Renderer* r) : diagnostics(d), renderer(r) {}
    Diagnostics& diagnostics;
    const Renderer* renderer;
    mutable std::mutex mutex;  // the three below, not what they point to
    std::unique_ptr<Graph> current = std::make_unique<Graph>();
    std::vector<std::unique_ptr<Graph>> replaced;
    std::unique_ptr<Graph> coming;
    bool finished = false;
    std::function<void()> all_ended;

    Graph& building() { return coming ? *coming : *current; }

    // Graphs are never destroyed before the router is, except one that is being built. What may wait is done without
    // the lock.
    std::vector<Graph*> graphs() const {
        std::lock_guard lock(mutex);
        std::vector<Graph*> out;
        for (auto& graph : replaced) out.push_back(graph.get());
        out.push_back(current.get());
        return out;
    }

    // Each once, though a kept one is in several graphs.
    template <class Each>
    void each_lane(Each each) const {
        std::vector<SinkLane*> seen;
        for (Graph* graph : graphs())
            for (auto& lane : graph->lanes) {
                if (std::find(seen.begin(), seen.end(), lane.get()) != seen.end()) continue;
                seen.push_back(lane.get());
                each(*lane);
            }
    }

    // Called with the lock of a lane held, so no lane's lock is taken here.
    void look_for_end() {
        std::lock_guard lock(mutex);
        for (auto& lane : current->lanes)
            if (!lane->ended()) return;
        if (all_ended) all_ended();
    }

    std::shared_ptr<DeadLetters> letters_of(const RouteConfig& config, Graph& graph, bool& ok) {
        if (config.dead_letter_path.empty()) return nullptr;
        auto& slot = graph.letters[config.dead_letter_path];
        if (!slot && coming && current->letters.count(config.dead_letter_path))
            slot = current->letters.at(config.dead_letter_path);
        std::string why;
        if (!slot) slot = DeadLetters::open(config.dead_letter_path, config.dead_letter_bytes, renderer, why);
        if (slot) return slot;
        ok = false;
        diagnostics.error("core.route",
                          fmt::format("route '{}': dead-letter file '{}' cannot be opened: {}", config.name,
                                      config.dead_letter_path, why),
                          "its directory must exist and be writable");
        return nullptr;
    }

    void start(SinkLane& lane) {
        lane.on_ended([this] { look_for_end(); });
        lane.start();
    }
};

Router::Router(Diagnostics& diagnostics, const Renderer* renderer) : impl_(new Impl(diagnostics, renderer)) {}

Router::~Router() {
    if (impl_->finished) return;
    abandon();
    finish();
}

void Router::add_sink(std::string name, const avocet_sink_factory* factory, avocet_sink* sink,
                      std::function<void()> on_thread) {
    auto& lanes = impl_->building().lanes;
    lanes.push_back(std::make_shared<SinkLane>(std::move(name), factory, sink, impl_->diagnostics));
    lanes.back()->on_thread(std::move(on_thread));
}

bool Router::add_route(RouteConfig config) {
    Graph& graph = impl_->building();
    bool ok = true;
    auto letters = impl_->letters_of(config, graph, ok);
    auto route = std::make_unique<Route>();
    route->stage = Stage::make(config, impl_->renderer);
    for (auto& name : config.sinks) {
        if (SinkLane* lane = graph.find(name)) {
            route->targets.push_back({lane, lane->add_queue(config, letters)});
            continue;
        }
        ok = false;
        impl_->diagnostics.error("core.route", fmt::format("route '{}': no sink is called '{}'", config.name, name),
                                 "name it in [[sink]] or with --sink");
    }
    route->config = std::move(config);
    graph.routes.push_back(std::move(route));
    return ok;
}

void Router::on_all_ended(std::function<void()> listener) { impl_->all_ended = std::move(listener); }

void Router::start() {
    for (auto& lane : impl_->current->lanes) impl_->start(*lane);
}

void Router::offer(const BatchPtr& batch) {
    for (Route* route : impl_->current->routes_of(view(batch).schema)) {
        const BatchPtr& passed = route->stage ? route->stage->pass(batch) : batch;
        if (!passed) continue;
        for (auto& target : route->targets) target.lane->offer(*target.queue, passed);
    }
}

void Router::drain() {
    impl_->each_lane([](SinkLane& lane) { lane.drain(); });
}

void Router::begin_replacement() {
    std::lock_guard lock(impl_->mutex);
    impl_->coming = std::make_unique<Graph>();
}

void Router::keep_sink(const std::string& name) {
    for (auto& lane : impl_->current->lanes)
        if (lane->name() == name) impl_->coming->lanes.push_back(lane);
}

void Router::cancel_replacement() {
    std::unique_ptr<Graph> gone;
    {
        std::lock_guard lock(impl_->mutex);
        gone = std::move(impl_->coming);
    }
    if (!gone) return;
    for (auto& lane : gone->lanes)
        if (impl_->current->find(lane->name()) != lane.get()) lane->finish();
}

void Router::replace() {
    Graph* old = impl_->current.get();
    Graph* next = impl_->coming.get();
    std::vector<SinkLane*> fresh;
    for (auto& lane : next->lanes) {
        auto same =
            std::find_if(old->lanes.begin(), old->lanes.end(), [&](auto& l) { return l->name() == lane->name(); });
        if (same != old->lanes.end() && *same == lane) continue;
        if (same != old->lanes.end()) lane->follow(*same);
        fresh.push_back(lane.get());
    }
    {
        std::lock_guard lock(impl_->mutex);
        impl_->replaced.push_back(std::move(impl_->current));
        impl_->current = std::move(impl_->coming);
    }
    for (auto* lane : fresh) impl_->start(*lane);
    for (auto& lane : old->lanes)
        if (next->find(lane->name()) != lane.get()) lane->stop();
    for (auto& graph : impl_->replaced)
        for (auto& lane : graph->lanes)
            if (next->find(lane->name()) != lane.get() && lane->exited()) lane->finish();
}

void Router::finish() {
    if (impl_->finished) return;
    impl_->finished = true;
    impl_->each_lane([](SinkLane& lane) { lane.stop(); });
    impl_->each_lane([](SinkLane& lane) { lane.finish(); });
}

void Router::abandon() {
    impl_->each_lane([](SinkLane& lane) { lane.abandon(); });
}

std::vector<RouteCounts> Router::counts() const {
    std::vector<RouteCounts> out;
    auto add = [&](RouteCounts counts) {
        auto same = std::find_if(out.begin(), out.end(),
                                 [&](auto& c) { return c.route == counts.route && c.sink == counts.sink; });
        if (same == out.end()) return out.push_back(std::move(counts));
        same->offered += counts.offered;
        same->delivered += counts.delivered;
        same->dropped += counts.dropped;
        same->failed += counts.failed;
        same->ended = counts.ended;
    };
    impl_->each_lane([&](SinkLane& lane) {
        std::vector<RouteCounts> here;
        lane.collect(here);
        for (auto& counts : here) add(std::move(counts));
    });
    for (Graph* graph : impl_->graphs())
        for (auto& route : graph->routes)
            for (auto& counts : out) {
                if (!route->stage || counts.route != route->config.name) continue;
                counts.filtered += route->stage->filtered();
                counts.sampled_out += route->stage->sampled_out();
            }
    return out;
}

std::vector<UnknownName> Router::unknown_names() const {
    std::vector<UnknownName> out;
    for (auto& route : impl_->current->routes) {
        if (!route->stage) continue;
        auto here = route->stage->names().unknown();
        out.insert(out.end(), here.begin(), here.end());
    }
    return out;
}

std::vector<DeadLetterCounts> Router::dead_letters() const {
    std::map<std::shared_ptr<DeadLetters>, bool> seen;
    std::vector<DeadLetterCounts> out;
    for (Graph* graph : impl_->graphs())
        for (auto& [path, letters] : graph->letters)
            if (letters && seen.emplace(letters, true).second) out.push_back(letters->counts());
    return out;
}

}  // namespace avocet::core
