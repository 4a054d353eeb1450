// SPDX-License-Identifier: Apache-2.0
//
// Routes and lanes put together. Which queues a batch goes to is found once for each schema and remembered, so that
// handing over costs a lookup and a lock for each batch, not for each record. Two routes to one sink are two queues and
// two copies of what both match.
#include "route/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <unordered_map>

#include "route/lane.hpp"
#include "route/match.hpp"

namespace avocet::core {

struct Router::Impl {
    struct Target {
        SinkLane* lane;
        RouteQueue* queue;
    };
    struct Route {
        RouteMatch match;
        std::vector<Target> targets;
    };

    explicit Impl(Diagnostics& d) : diagnostics(d) {}
    Diagnostics& diagnostics;
    std::vector<std::shared_ptr<SinkLane>> lanes;
    std::vector<Route> routes;
    std::unordered_map<const avocet_schema*, std::vector<Target>> targets;  // [thread: data]
    const avocet_schema* last_schema = nullptr;
    const std::vector<Target>* last_targets = nullptr;
    bool finished = false;
    std::function<void()> all_ended;
    std::atomic<size_t> ended{0};

    const std::vector<Target>& find_targets(const avocet_schema* schema) {
        if (schema == last_schema) return *last_targets;
        auto [entry, is_new] = targets.try_emplace(schema);
        if (is_new)
            for (auto& route : routes)
                if (matches(route.match, *schema))
                    entry->second.insert(entry->second.end(), route.targets.begin(), route.targets.end());
        last_schema = schema;
        last_targets = &entry->second;  // stays put: the map never erases
        return entry->second;
    }
};

Router::Router(Diagnostics& diagnostics) : impl_(new Impl(diagnostics)) {}

Router::~Router() {
    if (impl_->finished) return;
    abandon();
    finish();
}

void Router::add_sink(std::string name, const avocet_sink_factory* factory, avocet_sink* sink,
                      std::function<void()> on_thread) {
    impl_->lanes.push_back(std::make_shared<SinkLane>(std::move(name), factory, sink, impl_->diagnostics));
    impl_->lanes.back()->on_thread(std::move(on_thread));
}

void Router::add_route(RouteConfig config) {
    Impl::Route route{config.match, {}};
    for (auto& name : config.sinks) {
        auto lane = std::find_if(impl_->lanes.begin(), impl_->lanes.end(), [&](auto& l) { return l->name() == name; });
        if (lane == impl_->lanes.end()) {
            impl_->diagnostics.error("core.route", fmt::format("route '{}': no sink is called '{}'", config.name, name),
                                     "name it in [[sink]] or with --sink");
            continue;
        }
        route.targets.push_back({lane->get(), (*lane)->add_queue(config)});
    }
    impl_->routes.push_back(std::move(route));
}

void Router::on_all_ended(std::function<void()> listener) { impl_->all_ended = std::move(listener); }

void Router::start() {
    for (auto& lane : impl_->lanes)
        lane->on_ended([impl = impl_.get()] {
            if (++impl->ended == impl->lanes.size() && impl->all_ended) impl->all_ended();
        });
    for (auto& lane : impl_->lanes) lane->start();
}

void Router::offer(const BatchPtr& batch) {
    for (auto& target : impl_->find_targets(view(batch).schema)) target.lane->offer(*target.queue, batch);
}

void Router::drain() {
    for (auto& lane : impl_->lanes) lane->drain();
}

void Router::finish() {
    if (impl_->finished) return;
    impl_->finished = true;
    for (auto& lane : impl_->lanes) lane->stop();
    for (auto& lane : impl_->lanes) lane->finish();
}

void Router::abandon() {
    for (auto& lane : impl_->lanes) lane->abandon();
}

std::vector<RouteCounts> Router::counts() const {
    std::vector<RouteCounts> out;
    for (auto& lane : impl_->lanes) lane->collect(out);
    return out;
}

}  // namespace avocet::core
