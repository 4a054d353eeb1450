// SPDX-License-Identifier: Apache-2.0
#include "perfdata_sink.hpp"

#include <time.h>

#include <algorithm>

#include "avocet/record.hpp"
#include "kernel_maps.hpp"

namespace avocet::perfdata {

namespace {

// Above any number a process can have (PID_MAX_LIMIT is 2^22).
constexpr uint32_t first_made_up = 5'000'000;

uint64_t boot_clock_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

bool is_number(const avocet_value& v) { return v.kind == AVOCET_VALUE_INT || v.kind == AVOCET_VALUE_UINT; }
bool is_text(const avocet_value& v) { return v.kind == AVOCET_VALUE_STRING || v.kind == AVOCET_VALUE_TEXT; }

// What a map's value weighs.
uint64_t weight(const avocet_value& value) {
    switch (value.kind) {
        case AVOCET_VALUE_INT: return value.v.i > 0 ? static_cast<uint64_t>(value.v.i) : 0;
        case AVOCET_VALUE_UINT: return value.v.u;
        case AVOCET_VALUE_STATS: return value.count ? weight(value.v.items[0]) : 0;
        case AVOCET_VALUE_HIST: {
            uint64_t sum = 0;
            for (uint32_t i = 0; i < value.count; ++i) sum += value.v.buckets[i].count;
            return sum;
        }
        default: return 0;
    }
}

// Printf's arguments have no names of their own: a0, a1 ..., arg0, arg1 ...
bool is_unnamed(std::string_view name) {
    for (std::string_view prefix : {"arg", "a"}) {
        if (!name.starts_with(prefix)) continue;
        return name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
    }
    return name.empty();
}

// As reports show it: "avocet:@stacks", "avocet:profile:hz:99". No spaces, which perf's text is split at.
std::string event_name(const avocet_schema& of) {
    std::string name = of.kind == AVOCET_RECORD_MAP ? of.name : of.probe && *of.probe ? of.probe : of.tool;
    for (char& c : name)
        if (c <= ' ') c = '_';
    return "avocet:" + (name.empty() ? std::string("events") : name);
}

}  // namespace

PerfdataSink::PerfdataSink(const Host& host, const Options& options)
    : host_(host),
      instance_(options.instance()),
      map_(options.is_set("map") ? options.text("map") : ""),
      most_samples_(static_cast<uint64_t>(options.integer("samples_per_row"))),
      file_(options.text("path")),
      mappings_(file_, host.extension<avocet_host_symbols>(AVOCET_HOST_SYMBOLS_1)) {}

bool PerfdataSink::wanted(const avocet_schema& of) const {
    if (of.kind == AVOCET_RECORD_MAP) return of.field_count >= 2 && (map_.empty() || map_ == of.name);
    return of.kind == AVOCET_RECORD_EVENT && map_.empty();
}

uint64_t PerfdataSink::time_of(const avocet_batch& batch, uint32_t row) const {
    const uint64_t time = avocet::boot_time_ns(batch, row);
    return time ? time : boot_clock_ns();
}

uint32_t PerfdataSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    if (!wanted(*batch.schema)) return taken = batch.row_count - first;
    const avocet_schema& of = *batch.schema;
    auto known = events_.find(&of);
    for (uint32_t row = first; row < batch.row_count; ++row) {
        const avocet_value* values = batch.rows + size_t{row} * of.field_count;
        const bool is_map = of.kind == AVOCET_RECORD_MAP;
        Row found;
        if (is_map)
            take_items(*of.fields[0].type, values[0], found);
        else
            for (uint32_t i = 0; i < of.field_count; ++i) take(values[i], of.fields[i].name, found);
        const uint64_t count = is_map ? weight(values[1]) : 1;
        if (!found.has_stack || !count) continue;
        if (known == events_.end()) known = events_.emplace(&of, file_.event(event_name(of))).first;
        found.sample.time_ns = last_ns_ = std::max(last_ns_, time_of(batch, row));
        write(known->second, found, count, is_map);
    }
    return taken = batch.row_count - first;
}

void PerfdataSink::take_items(const avocet_type& type, const avocet_value& value, Row& row) const {
    if (value.kind != AVOCET_VALUE_TUPLE && value.kind != AVOCET_VALUE_RECORD) return take(value, "", row);
    for (uint32_t i = 0; i < value.count; ++i) {
        const bool named = value.kind == AVOCET_VALUE_RECORD && type.member_names && i < type.member_count;
        take(value.v.items[i], named ? type.member_names[i] : "", row);
    }
}

void PerfdataSink::take(const avocet_value& value, const char* name, Row& row) const {
    const std::string_view what = name ? name : "";
    if (value.kind == AVOCET_VALUE_STACK) {
        row.has_stack = true;
        for (uint32_t i = 0; i < value.count; ++i) {
            const avocet_frame& frame = value.v.frames[i];
            (frame.pid ? row.sample.user : row.sample.kernel).push_back(frame.address);
            if (frame.pid && !row.has_pid) row.sample.pid = frame.pid;
        }
    } else if (is_text(value) && row.comm.empty() && (is_unnamed(what) || what == "comm")) {
        row.comm.assign(value.v.text, value.count);
    } else if (is_number(value) && what == "pid") {
        row.sample.pid = static_cast<uint32_t>(value.v.u);
        row.has_pid = true;
    } else if (is_number(value) && what == "tid") {
        row.sample.tid = static_cast<uint32_t>(value.v.u);
        row.has_tid = true;
    }
}

// The file knows every process that its samples name, by the name they had.
void PerfdataSink::identify(Row& row) {
    Sample& sample = row.sample;
    if (!sample.pid && !row.has_pid && !row.comm.empty())
        sample.pid =
            made_up_.try_emplace(row.comm, first_made_up + static_cast<uint32_t>(made_up_.size())).first->second;
    if (!row.has_tid) sample.tid = sample.pid;
    auto name = names_.find(sample.tid);
    if (row.comm.empty()) row.comm = name != names_.end() ? name->second : Mappings::comm_of(sample.tid);
    if (row.comm.empty() || (name != names_.end() && name->second == row.comm)) return;
    names_[sample.tid] = row.comm;
    file_.add_comm(sample.pid, sample.tid, row.comm, sample.time_ns);
}

void PerfdataSink::write(uint32_t event, Row& row, uint64_t count, bool weighs) {
    if (!std::exchange(kernel_told_, true)) add_kernel_maps(file_);
    identify(row);
    for (uint64_t address : row.sample.user) mappings_.cover(row.sample.pid, address, row.sample.time_ns);
    const uint64_t samples = std::min(count, most_samples_);
    row_broken_ = false;
    for (uint64_t i = 0; i < samples; ++i) {
        row.sample.period = weighs ? count / samples + (i < count % samples) : 1;
        file_.add_sample(event, row.sample);
        if (file_.wants_flush()) flush_file();
    }
    ++(row_broken_ ? lost_ : pending_rows_);
}

// A row is lost if any of its samples is.
void PerfdataSink::flush_file() {
    const uint64_t rows = std::exchange(pending_rows_, 0);
    if (!file_.flush()) return;
    lost_ += rows;
    row_broken_ = true;
    tell_failure();
}

void PerfdataSink::tell_failure() {
    if (std::exchange(failure_told_, true)) return;
    host_.report(Error(AVOCET_ERR_IO, "sink '" + instance_ + "': file '" + file_.path() + "': " + file_.why(),
                       "samples that cannot be written are counted as lost"));
}

uint64_t PerfdataSink::flush() {
    if (kernel_told_ && pending_rows_) file_.finish_round();
    flush_file();
    return std::exchange(lost_, 0);
}

uint64_t PerfdataSink::close() {
    flush_file();
    if (!file_.close({"avocet", "run", "--sink", "perfdata"})) tell_failure();
    if (!file_.samples() && !lost_ && !failure_told_)
        host_.warn("sink '" + instance_ + "': no stack came",
                   "it takes maps keyed by kstack or ustack, e.g. @[kstack, ustack, comm] = count(), and events that "
                   "print one");
    return std::exchange(lost_, 0);
}

}  // namespace avocet::perfdata
