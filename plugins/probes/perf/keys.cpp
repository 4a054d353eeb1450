// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include <linux/perf_event.h>

#include <algorithm>
#include <map>
#include <optional>

#include "avocet/nearest.hpp"
#include "avocet/number.hpp"
#include "events.hpp"

namespace avocet::perf {

namespace {

constexpr uint64_t default_count = 1000000;
const std::vector<std::string> known_keys = {"type", "config", "frequency", "period", "cpu", "pid"};

class Keys {
public:
    Keys(const ProbeSpec& spec, std::string_view text) : spec_(spec) {
        while (!text.empty()) {
            const std::string one(text.substr(0, text.find(',')));
            text.remove_prefix(std::min(text.size(), one.size() + 1));
            const size_t equals = one.find('=');
            const std::string key = one.substr(0, equals);
            if (std::find(known_keys.begin(), known_keys.end(), key) == known_keys.end() || equals == std::string::npos)
                throw wrong("'" + key + "' is no key of an event", nearest_hint(key, known_keys));
            if (!values_.emplace(key, one.substr(equals + 1)).second) throw wrong("'" + key + "' stands twice", "");
        }
    }

    Request request() {
        Request out;
        out.count = default_count;
        const std::string config = text("config", "cpu-clock");
        if (const Event* event = named(config)) {
            out.event = {event->type, {event->config, 0, 0}};
            out.count = event->default_count;
            out.event_name = event->name;
            if (const auto said = type(); said && *said != event->type)
                throw wrong("event '" + config + "' is not of type '" + text("type", "") + "'", "leave 'type' out");
        } else {
            const auto said = type();
            if (!said) throw wrong("'config' is the number of an event, of which 'type' is missing", type_hint);
            out.event = {*said, {number("config"), 0, 0}};
            out.event_name = "type=" + text("type", "") + ",config=" + config;
        }
        if (has("frequency") && has("period")) throw wrong("'frequency' and 'period' exclude each other", "");
        if (has("frequency") || has("period")) {
            out.is_rate = has("frequency");
            out.count = number(out.is_rate ? "frequency" : "period");
            if (!out.count) throw wrong("samples must be more than none", "");
        }
        if (has("cpu")) out.cpu = static_cast<int32_t>(std::min<uint64_t>(number("cpu"), INT32_MAX));
        if (has("pid")) out.pid = static_cast<int32_t>(std::min<uint64_t>(number("pid"), INT32_MAX));
        return out;
    }

private:
    static constexpr const char* type_hint = "type=software, type=hardware, type=raw, or its number";

    Error wrong(const std::string& what, const std::string& hint) const {
        return Error(AVOCET_ERR_INVALID, "'" + spec_.text + "': " + what,
                     hint.empty() ? "for example type=software,config=cpu-clock,frequency=99" : hint);
    }
    bool has(const char* key) const { return values_.contains(key); }
    std::string text(const char* key, const char* otherwise) const {
        const auto found = values_.find(key);
        return found == values_.end() ? otherwise : found->second;
    }
    uint64_t number(const char* key) const {
        const auto value = parse_number(text(key, ""));
        if (!value || value->is_duration) throw wrong("'" + std::string(key) + "' is no number", "");
        return value->value;
    }
    std::optional<uint32_t> type() const {
        if (!has("type")) return std::nullopt;
        const std::string value = text("type", "");
        if (value == "software") return PERF_TYPE_SOFTWARE;
        if (value == "hardware") return PERF_TYPE_HARDWARE;
        if (value == "raw") return PERF_TYPE_RAW;
        const auto number = parse_number(value);
        if (!number || number->value > UINT32_MAX) throw wrong("'" + value + "' is no type of events", type_hint);
        return static_cast<uint32_t>(number->value);
    }
    const Event* named(const std::string& name) const {
        const Event* event = find_event(false, name);
        if (!event) event = find_event(true, name);
        if (event || parse_number(name)) return event;
        std::vector<std::string> names;
        for (bool is_hardware : {false, true})
            for (const Event& e : events(is_hardware)) names.emplace_back(e.name);
        throw wrong("no event is called '" + name + "'", nearest_hint(name, names));
    }

    const ProbeSpec& spec_;
    std::map<std::string, std::string> values_;
};

}  // namespace

bool is_key_list(std::string_view text) {
    return text.find('=') != std::string_view::npos && text.find('/') == std::string_view::npos;
}

Request parse_keys(const ProbeSpec& spec, const std::string& text) {
    Request out = Keys(spec, text).request();
    out.name = spec.kind + ":" + text;
    return out;
}

}  // namespace avocet::perf
