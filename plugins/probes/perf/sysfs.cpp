// SPDX-License-Identifier: Apache-2.0
//
// Files are read when an event is asked for; nothing is kept.
#include "sysfs.hpp"

#include <linux/perf_event.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "avocet/error.hpp"
#include "avocet/nearest.hpp"
#include "avocet/number.hpp"

namespace avocet::perf {

namespace {

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::vector<std::string> entries(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    while (true) {
        size_t comma = text.find(at);
        out.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return out;
        text.remove_prefix(comma + 1);
    }
}

unsigned to_unsigned(std::string_view text) {
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// A machine with several kinds of cores has a unit for each, named like "cpu_core".
std::string kinds_of_cores(const std::string& name, const std::vector<std::string>& units) {
    std::string found;
    for (const auto& unit : units)
        if (unit.starts_with(name + "_")) found += (found.empty() ? "it has " : " and ") + unit;
    return found.empty() ? nearest_hint(name, units) : found;
}

class Pmu {
public:
    Pmu(std::string name, const std::string& devices) : name_(std::move(name)), folder_(devices + "/" + name_) {
        std::string type = first_line(folder_ + "/type");
        if (type.empty())
            throw Error(AVOCET_ERR_NOT_FOUND, "performance monitoring unit '" + name_ + "': this machine has none",
                        kinds_of_cores(name_, entries(devices)));
        event_.type = to_unsigned(type);
    }

    RawEvent resolve(const std::string& terms) {
        apply_list(terms, true);
        return event_;
    }

private:
    void apply_list(const std::string& list, bool names_allowed) {
        for (const auto& term : split(list, ',')) {
            size_t equals = term.find('=');
            std::string key = term.substr(0, equals);
            if (equals == std::string::npos && names_allowed && apply_named(key)) continue;
            apply(key, equals == std::string::npos ? 1 : value_of(term.substr(equals + 1), term));
        }
    }

    // The terms behind an event's name hold no further names.
    bool apply_named(const std::string& name) {
        if (name.empty() || name.find('/') != std::string::npos) return false;
        std::string list = first_line(folder_ + "/events/" + name);
        if (list.empty()) return false;
        apply_list(list, false);
        return true;
    }

    uint64_t value_of(const std::string& text, const std::string& term) {
        auto number = parse_number(text);
        if (!number || number->is_duration)
            throw Error(AVOCET_ERR_INVALID, "event term '" + term + "': its value is not a number",
                        text == "?" ? "the event needs a value here" : "");
        return number->value;
    }

    void apply(const std::string& key, uint64_t value) {
        static constexpr std::string_view words[] = {"config", "config1", "config2"};
        for (size_t i = 0; i < 3; ++i)
            if (key == words[i]) {
                event_.config[i] |= value;
                return;
            }
        std::string format =
            key.empty() || key.find('/') != std::string::npos ? "" : first_line(folder_ + "/format/" + key);
        size_t colon = format.find(':');
        if (colon == std::string::npos) throw unknown(key);
        std::string word = format.substr(0, colon);
        for (size_t i = 0; i < 3; ++i)
            if (word == words[i]) return scatter(format.substr(colon + 1), value, key, event_.config[i]);
        throw Error(AVOCET_ERR_UNSUPPORTED,
                    "event term '" + key + "': belongs to '" + word + "', which is not set here");
    }

    // The value's bits, lowest first, go to the places that the format names.
    void scatter(const std::string& ranges, uint64_t value, const std::string& key, uint64_t& word) {
        uint64_t left = value;
        for (const auto& range : split(ranges, ',')) {
            size_t dash = range.find('-');
            unsigned low = to_unsigned(range);
            unsigned high = dash == std::string::npos ? low : to_unsigned(std::string_view(range).substr(dash + 1));
            for (unsigned bit = low; bit <= high && bit < 64; ++bit, left >>= 1) word |= (left & 1) << bit;
        }
        if (left)
            throw Error(AVOCET_ERR_INVALID, "event term '" + key + "': " + std::to_string(value) + " does not fit",
                        "its bits are " + ranges);
    }

    Error unknown(const std::string& key) {
        std::vector<std::string> names = entries(folder_ + "/format");
        for (auto& event : entries(folder_ + "/events")) names.push_back(event);
        std::string hint = nearest_hint(key, names);
        if (hint.empty()) {
            hint = "terms of " + name_ + ":";
            for (const auto& name : entries(folder_ + "/format")) hint += " " + name;
        }
        return Error(AVOCET_ERR_NOT_FOUND, "event term '" + key + "': '" + name_ + "' has none of this name", hint);
    }

    std::string name_, folder_;
    RawEvent event_;
};

}  // namespace

bool is_raw_number(std::string_view text) {
    return text.size() > 1 && text.size() <= 17 && text[0] == 'r' &&
           text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

RawEvent raw_number(const std::string& text, const std::string& devices) {
    RawEvent event;
    event.type = PERF_TYPE_RAW;
    std::string type = first_line(devices + "/cpu/type");
    if (!type.empty()) event.type = to_unsigned(type);
    std::from_chars(text.data() + 1, text.data() + text.size(), event.config[0], 16);
    return event;
}

bool is_pmu_event(std::string_view text) {
    return text.size() > 3 && text.back() == '/' && text.find('/') != text.size() - 1 && text[0] != '/';
}

RawEvent pmu_event(const std::string& text, const std::string& devices) {
    size_t slash = text.find('/');
    std::string terms = text.substr(slash + 1, text.size() - slash - 2);
    return Pmu(text.substr(0, slash), devices).resolve(terms);
}

std::vector<std::string> pmu_event_names(const std::string& devices) {
    std::vector<std::string> names;
    for (const auto& pmu : entries(devices))
        for (const auto& event : entries(devices + "/" + pmu + "/events"))
            // "cache-misses.scale", ".unit" describe the count
            if (event.find('.') == std::string::npos) names.push_back(pmu + "/" + event + "/");
    return names;
}

}  // namespace avocet::perf
