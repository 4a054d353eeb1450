// SPDX-License-Identifier: Apache-2.0
//
// avocet/record.hpp: what sinks want to know of any record: the word for its kind, a text of it by name, when it was
// and how grave it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "avocet/abi/record.h"

namespace avocet {

// Kinds have the numbers 1 to 5; 0 stands for those of a later host.
inline constexpr uint32_t record_kind_count = 6;

// The word of configuration and output. Any number may be given.
constexpr std::string_view record_kind_name(uint32_t kind) {
    constexpr std::string_view names[record_kind_count] = {"other", "event", "map", "loss", "lifecycle", "error"};
    return names[kind < record_kind_count ? kind : 0];
}

// The field of that name in a row, empty if there is none or it is no text. Lives as long as the batch.
inline std::string_view text_field(const avocet_batch& batch, uint32_t row, std::string_view name) {
    for (uint32_t i = 0; i < batch.schema->field_count; ++i) {
        if (name != batch.schema->fields[i].name) continue;
        const avocet_value& value = batch.rows[size_t{row} * batch.schema->field_count + i];
        if (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT) return {value.v.text, value.count};
    }
    return {};
}

// What turns the batch's boot times into wall times; 0: an older host does not say.
inline uint64_t wall_minus_boot_ns(const avocet_batch& batch) {
    constexpr size_t needed = offsetof(avocet_batch, wall_minus_boot_ns) + sizeof batch.wall_minus_boot_ns;
    return batch.struct_size >= needed ? batch.wall_minus_boot_ns : 0;
}

// When a row happened on CLOCK_BOOTTIME; 0: not known.
inline uint64_t boot_time_ns(const avocet_batch& batch, uint32_t row) {
    if (batch.times_ns && batch.times_ns[row]) return batch.times_ns[row];
    const uint64_t offset = wall_minus_boot_ns(batch);
    return offset && batch.wall_ns > offset ? batch.wall_ns - offset : 0;
}

// When a row happened, in ns since 1970: its own time where it has one, else when its batch was drained. All records of
// a session are on this one clock.
inline uint64_t wall_time_ns(const avocet_batch& batch, uint32_t row) {
    const uint64_t offset = wall_minus_boot_ns(batch);
    return offset && batch.times_ns && batch.times_ns[row] ? batch.times_ns[row] + offset : batch.wall_ns;
}

// The numbers of syslog (RFC 5424, table 2).
enum class Severity : unsigned { error = 3, warning = 4, notice = 5, info = 6 };

inline Severity severity_of(const avocet_batch& batch, uint32_t row) {
    switch (batch.schema->kind) {
        case AVOCET_RECORD_LOSS: return Severity::warning;
        case AVOCET_RECORD_LIFECYCLE: return Severity::notice;
        case AVOCET_RECORD_ERROR:
            return text_field(batch, row, "severity") == "warning" ? Severity::warning : Severity::error;
        default: return Severity::info;
    }
}

}  // namespace avocet
