// SPDX-License-Identifier: Apache-2.0
//
// Rates: text to numbers. Pure.
#include "rate.hpp"

#include "avocet/nearest.hpp"
#include "avocet/number.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::timer {

namespace {

struct Unit {
    const char* name;
    uint64_t ns;
};
constexpr Unit units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}};
constexpr uint64_t longest_ns = INT64_MAX;

Error invalid(const ProbeSpec& spec, const std::string& fact) {
    return Error(AVOCET_ERR_INVALID, fact, "for example " + spec.kind + ":s:1 or " + spec.kind + ":hz:99");
}

uint64_t positive_number(const ProbeSpec& spec, const std::string& text, bool* is_duration = nullptr) {
    auto number = parse_number(text);
    if (!number || number->value == 0)
        throw invalid(spec, spec.kind + " frequency should be a positive integer, found '" + text + "'");
    if (is_duration) *is_duration = number->is_duration;
    return number->value;
}

Rate in_microseconds(const ProbeSpec& spec, uint64_t ns) {
    if (ns < 1000)
        throw invalid(spec, "invalid rate of " + spec.kind +
                                " probe. Minimum is 1000 or 1us. Found: " + std::to_string(ns) + " nanoseconds");
    if (ns > longest_ns) throw invalid(spec, spec.kind + " period is longer than 292 years");
    return {"us", ns / 1000, 0, ns / 1000 * 1000};
}

Rate in_unit(const ProbeSpec& spec, const std::string& unit, const std::string& text) {
    bool is_duration = false;
    uint64_t count = positive_number(spec, text, &is_duration);
    if (unit == "hz") {
        if (count > 1000000000) throw invalid(spec, spec.kind + " frequency is above one per nanosecond");
        return {unit, count, count, 0};
    }
    for (const auto& known : units) {
        if (unit != known.name) continue;
        uint64_t ns = 0;
        if (__builtin_mul_overflow(count, known.ns, &ns) || ns > longest_ns)
            throw invalid(spec, spec.kind + " period is longer than 292 years");
        return {unit, count, 0, ns};
    }
    std::string near = nearest_hint(unit, std::vector<std::string>{"hz", "ms", "us"});
    throw Error(AVOCET_ERR_INVALID, "'" + unit + "' is not an accepted unit of time",
                near.empty() ? "accepted: hz, s, ms, us" : near);
}

}  // namespace

Rate parse_rate(const ProbeSpec& spec) {
    if (spec.parts.size() == 1) return in_microseconds(spec, positive_number(spec, spec.parts[0]));
    if (spec.parts.size() == 2) return in_unit(spec, spec.parts[0], spec.parts[1]);
    throw wrong_part_count(spec, "1 or 2");
}

}  // namespace avocet::timer
