// SPDX-License-Identifier: Apache-2.0
//
// From spec text to tracepoints. `CATEGORY:EVENT` with `*` in both, where EVENT may also be several names or patterns
// joined by `|`, and a third part may keep one class of the matches only. The two extras are what groups are named by
// when the user's own pattern covers more than the group: `tracepoint:syscalls:sys_enter_close|sys_enter_dup`,
// `tracepoint:*:sys_*:plain`.
//
// Classes:
//   plain   attached through perf, one by one; the context is the event's record (`:plain` leaves raw_syscalls out)
//   enter   the system call's entry, served by the raw tracepoint sys_enter and a table of numbers
//   exit    its exit, by sys_exit
//   raw     raw_syscalls:sys_enter and :sys_exit without their fields, as the raw tracepoints they are
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "avocet/provider.hpp"
#include "tracefs.hpp"

namespace avocet::tracepoint {

enum class Class { plain, enter, exit, raw };

struct Target {
    std::string category, event;
    Class kind = Class::plain;
    uint32_t syscall = 0;  // enter, exit
    std::string name() const { return "tracepoint:" + category + ":" + event; }
};

struct Pattern {
    std::string category, event;
    std::optional<Class> only;
    bool wildcard() const { return has_wildcard(category) || has_wildcard(event); }
    bool matches_event(std::string_view name) const;
};

const char* class_name(Class kind);

// Throws avocet::Error for a wrong number of parts.
Pattern parse_spec(const ProbeSpec& spec);
// The same for listing, where parts may be missing.
Pattern parse_listing(const ProbeSpec& spec);

// Sorted by name. raw_syscalls are `plain` unless the pattern asks for `raw`.
std::vector<Target> find_targets(TraceFs& tracefs, const Pattern& pattern);

// "No matches" with the nearest name.
Error not_found(TraceFs& tracefs, const Pattern& pattern, const ProbeSpec& spec);

}  // namespace avocet::tracepoint
