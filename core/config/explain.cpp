// SPDX-License-Identifier: Apache-2.0
//
// The graph of a configuration for people: `avocet config check`.
#include <algorithm>

#include <fmt/format.h>

#include "config/config.hpp"

namespace avocet::core {
namespace {

std::string size_text(uint64_t bytes) {
    for (auto [factor, name] :
         {std::pair(uint64_t{1} << 30, "GiB"), {uint64_t{1} << 20, "MiB"}, {uint64_t{1} << 10, "KiB"}})
        if (bytes && bytes % factor == 0) return fmt::format("{}{}", bytes / factor, name);
    return fmt::format("{} bytes", bytes);
}

std::string duration_text(uint64_t ns) {
    for (auto [factor, name] :
         {std::pair(uint64_t{1'000'000'000}, "s"), {uint64_t{1'000'000}, "ms"}, {uint64_t{1000}, "us"}})
        if (ns % factor == 0) return fmt::format("{}{}", ns / factor, name);
    return fmt::format("{}ns", ns);
}

std::string match_text(const RouteMatch& match) {
    std::vector<std::string> parts;
    auto list = [&](std::string_view what, const std::vector<std::string>& words) {
        if (!words.empty()) parts.push_back(fmt::format("{} {}", what, fmt::join(words, ", ")));
    };
    list("kind", match.kinds);
    list("tool", match.tools);
    list("probe", match.probes);
    list("map", match.maps);
    list("severity", match.severities);
    if (!match.where.empty()) parts.push_back(fmt::format("where {}", match.where));
    return parts.empty() ? "all records" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string sample_text(const SampleConfig& sample) {
    std::string out;
    if (sample.one_in > 1) out = fmt::format("one event in {}", sample.one_in);
    if (sample.per_second)
        out += fmt::format("{}at most {} events a second", out.empty() ? "" : ", ", sample.per_second);
    return out;
}

std::string transform_text(const TransformConfig& transform) {
    std::vector<std::string> parts;
    if (!transform.drop.empty()) parts.push_back(fmt::format("without {}", fmt::join(transform.drop, ", ")));
    for (const auto& [from, to] : transform.rename) parts.push_back(fmt::format("{} is called {}", from, to));
    for (const auto& r : transform.redact)
        parts.push_back(r.hash ? fmt::format("{} hashed", r.field)
                               : fmt::format("{} with {} for {}", r.field, r.replacement, r.pattern));
    for (const auto& [name, text] : transform.labels) parts.push_back(fmt::format("label {} = {}", name, text));
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::string queue_text(const RouteConfig& route) {
    std::string out = fmt::format("queue of {} records or {}, when full {}", route.queue_records,
                                  size_text(route.queue_bytes), policy_name(route.when_full));
    if (route.retry.attempts)
        out += fmt::format("; refused records are tried {} times more, every {} to {}", route.retry.attempts,
                           duration_text(route.retry.first_ns), duration_text(route.retry.longest_ns));
    if (!route.dead_letter_path.empty())
        out += fmt::format("; what is lost goes to {}, up to {}", route.dead_letter_path,
                           size_text(route.dead_letter_bytes));
    return out;
}

}  // namespace

void route_the_rest(Config& config, const std::string& except) {
    for (const auto& sink : config.sinks) {
        if (sink.name == except) continue;
        const bool routed = std::any_of(config.routes.begin(), config.routes.end(), [&](const RouteConfig& r) {
            return std::find(r.sinks.begin(), r.sinks.end(), sink.name) != r.sinks.end();
        });
        if (routed) continue;
        RouteConfig all;
        all.name = "all";
        all.sinks = {sink.name};
        config.routes.push_back(std::move(all));
    }
}

std::string explain_graph(const Config& given) {
    Config config = given;
    route_the_rest(config);
    if (config.sinks.empty()) return "no sink is configured: everything goes to the default one\n";
    std::string out;
    for (const auto& route : config.routes) {
        out += fmt::format("route {}\n  takes    {}\n", route.name.empty() ? "(unnamed)" : route.name,
                           match_text(route.match));
        if (auto text = sample_text(route.sample); !text.empty()) out += fmt::format("  samples  {}\n", text);
        if (auto text = transform_text(route.transform); !text.empty()) out += fmt::format("  changes  {}\n", text);
        for (const auto& name : route.sinks) {
            auto sink = std::find_if(config.sinks.begin(), config.sinks.end(), [&](auto& s) { return s.name == name; });
            const std::string type = sink == config.sinks.end() ? "?" : sink->type;
            out += fmt::format("  -> {}{}: {}\n", name, type == name ? "" : " (" + type + ")", queue_text(route));
        }
    }
    return out;
}

}  // namespace avocet::core
