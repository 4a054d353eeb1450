// SPDX-License-Identifier: Apache-2.0
//
// Matching patterns against tracefs. A category without wildcard costs one directory.
#include "targets.hpp"

#include <algorithm>

#include "avocet/nearest.hpp"
#include "avocet/probe_group.hpp"
#include "syscall_numbers.hpp"

namespace avocet::tracepoint {

namespace {

constexpr std::string_view enter_prefix = "sys_enter_";
constexpr std::string_view exit_prefix = "sys_exit_";

std::optional<Class> class_by_name(std::string_view name) {
    for (Class kind : {Class::plain, Class::enter, Class::exit, Class::raw})
        if (name == class_name(kind)) return kind;
    return std::nullopt;
}

void classify(Target& target, bool raw_wanted) {
    if (target.category == "raw_syscalls" && raw_wanted) target.kind = Class::raw;
    if (target.category != "syscalls") return;
    std::string_view event = target.event;
    for (auto [prefix, kind] : {std::pair{enter_prefix, Class::enter}, std::pair{exit_prefix, Class::exit}}) {
        if (event.substr(0, prefix.size()) != prefix) continue;
        if (auto number = syscall_number(event.substr(prefix.size()))) {
            target.kind = kind;
            target.syscall = *number;
        }
    }
}

// "a|b*" against a name.
bool matches_any(std::string_view alternatives, std::string_view name) {
    while (true) {
        size_t bar = alternatives.find('|');
        if (wildcard_match(alternatives.substr(0, bar), name)) return true;
        if (bar == std::string_view::npos) return false;
        alternatives.remove_prefix(bar + 1);
    }
}

}  // namespace

const char* class_name(Class kind) {
    switch (kind) {
        case Class::plain: return "plain";
        case Class::enter: return "enter";
        case Class::exit: return "exit";
        case Class::raw: return "raw";
    }
    return "";
}

bool Pattern::matches_event(std::string_view name) const { return matches_any(event, name); }

Pattern parse_spec(const ProbeSpec& spec) {
    const auto& parts = spec.parts;
    if (parts.size() == 1 && has_wildcard(parts[0])) return {"*", parts[0], std::nullopt};
    if (parts.size() == 3)
        if (auto only = class_by_name(parts[2])) return {parts[0], parts[1], only};
    if (parts.size() == 1)
        throw Error(AVOCET_ERR_INVALID, wrong_part_count(spec, "2").what(),
                    "tracepoint:CATEGORY:EVENT; 'avocet list \"tracepoint:*:" + parts[0] + "\"' tells the category");
    if (parts.size() != 2) throw wrong_part_count(spec, "2");
    return {parts[0], parts[1], std::nullopt};
}

Pattern parse_listing(const ProbeSpec& spec) {
    if (spec.parts.empty()) return {"*", "*", std::nullopt};
    if (spec.parts.size() == 1) return {"*", spec.parts[0], std::nullopt};
    auto or_any = [](const std::string& part) { return part.empty() ? std::string("*") : part; };
    return {or_any(spec.parts[0]), or_any(spec.parts[1]), std::nullopt};
}

std::vector<Target> find_targets(TraceFs& tracefs, const Pattern& pattern) {
    std::vector<std::string> categories{pattern.category};
    if (has_wildcard(pattern.category)) {
        categories = tracefs.categories();
        std::erase_if(categories, [&](const std::string& name) { return !wildcard_match(pattern.category, name); });
        // In the order of full names, where `:` follows the category: "a1:" comes before "a:".
        std::sort(categories.begin(), categories.end(),
                  [](const std::string& a, const std::string& b) { return a + ":" < b + ":"; });
    }
    std::vector<Target> targets;
    for (const auto& category : categories) {
        for (auto& event : tracefs.events(category)) {
            if (!pattern.matches_event(event)) continue;
            Target target{category, event};
            classify(target, pattern.only == Class::raw);
            if (pattern.only == Class::plain && category == "raw_syscalls") continue;
            if (!pattern.only || *pattern.only == target.kind) targets.push_back(std::move(target));
        }
    }
    return targets;
}

Error not_found(TraceFs& tracefs, const Pattern& pattern, const ProbeSpec& spec) {
    std::string hint;
    if (!pattern.wildcard()) {
        auto categories = tracefs.categories();
        bool known = std::find(categories.begin(), categories.end(), pattern.category) != categories.end();
        std::vector<std::string> names;
        if (known) {
            for (const auto& event : tracefs.events(pattern.category)) names.push_back(pattern.category + ":" + event);
        } else {
            for (const auto& category : categories)
                for (const auto& event : tracefs.events(category)) names.push_back(category + ":" + event);
        }
        hint = nearest_hint(pattern.category + ":" + pattern.event, names);
        if (hint.empty() && !known) hint = nearest_hint(pattern.category, categories);
    }
    if (hint.empty()) hint = "'avocet list \"tracepoint:*\"' shows those that this kernel has";
    return Error(AVOCET_ERR_NOT_FOUND,
                 "tracepoint '" + std::string(spec.text, std::min(spec.text.size(), spec.text.find(':') + 1)) +
                     "': no such event in this kernel",
                 hint);
}

}  // namespace avocet::tracepoint
