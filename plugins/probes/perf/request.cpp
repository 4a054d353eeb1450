// SPDX-License-Identifier: Apache-2.0
//
// An event's alias stays in the name of the attach point: the user wrote it.
#include "request.hpp"

#include "avocet/nearest.hpp"
#include "avocet/number.hpp"
#include "avocet/probe_group.hpp"
#include "events.hpp"
#include "keys.hpp"

namespace avocet::perf {

namespace {

constexpr uint64_t default_raw_count = 1000000;

Error unknown_event(const ProbeSpec& spec, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& event : events(is_hardware(spec))) {
        names.push_back(event.name);
        if (event.alias) names.push_back(event.alias);
    }
    std::string hint = nearest_hint(name, names);
    if (hint.empty() && find_event(!is_hardware(spec), name))
        hint = std::string("it is a ") + (is_hardware(spec) ? "software" : "hardware") + " event";
    if (hint.empty() && is_hardware(spec))
        hint = "an event of the processor's manual is written r1a8 or cpu/event=0xa8,umask=1/";
    return Error(AVOCET_ERR_NOT_FOUND, "'" + name + "' is not a " + spec.kind + " probe", hint);
}

void find(const ProbeSpec& spec, const std::string& name, const std::string& devices, Request& request) {
    request.event_name = name;
    if (const Event* event = find_event(is_hardware(spec), name)) {
        request.event = {event->type, {event->config, 0, 0}};
        request.event_name = event->name;
        request.count = event->default_count;
        return;
    }
    request.count = default_raw_count;
    if (is_hardware(spec) && is_raw_number(name))
        request.event = raw_number(name, devices);
    else if (is_hardware(spec) && is_pmu_event(name))
        request.event = pmu_event(name, devices);
    else
        throw unknown_event(spec, name);
}

uint64_t positive(const ProbeSpec& spec, const std::string& text, const char* what) {
    auto number = parse_number(text);
    if (!number || number->value == 0 || number->is_duration)
        throw Error(AVOCET_ERR_INVALID, spec.kind + " " + what + " should be a positive integer, found '" + text + "'");
    return number->value;
}

}  // namespace

Request parse_request(const ProbeSpec& spec, const std::string& devices) {
    const bool is_rate = spec.parts.size() == 3 && spec.parts[1] == "hz";
    if (spec.parts.empty() || (spec.parts.size() > 2 && !is_rate)) throw wrong_part_count(spec, "1 or 2");
    const std::string& name = spec.parts[0];
    if (spec.parts.size() == 1 && is_key_list(name)) return parse_keys(spec, name);
    if (has_wildcard(name))
        throw Error(AVOCET_ERR_INVALID, "wildcards are not allowed for " + spec.kind + " probe type");
    Request request;
    find(spec, name, devices, request);
    request.name = spec.kind + ":" + name;
    if (is_rate) {
        request.is_rate = true;
        request.count = positive(spec, spec.parts[2], "frequency");
        request.name += ":hz:" + std::to_string(request.count);
    } else if (spec.parts.size() == 2 && !spec.parts[1].empty()) {
        request.count = positive(spec, spec.parts[1], "count");
        request.name += ":" + std::to_string(request.count);
    }
    return request;
}

}  // namespace avocet::perf
