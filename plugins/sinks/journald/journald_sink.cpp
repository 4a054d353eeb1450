// SPDX-License-Identifier: Apache-2.0
#include "journald_sink.hpp"

#include <syslog.h>

#include <algorithm>

#include "avocet/record.hpp"

namespace avocet::journald {

namespace {

void append(void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); }

}  // namespace

JournaldSink::JournaldSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      instance_(options.instance()),
      identifier_(options.text("identifier")),
      prefix_(options.text("field_prefix")),
      field_limit_(options.size_bytes("field_limit_bytes")),
      outage_wait_(options.integer("outage_wait_ms")) {
    if (!render_)
        throw Error(AVOCET_ERR_ABI,
                    "sink '" + instance_ + "': this host cannot render records (no " AVOCET_HOST_RENDER_1 ")");
    if (prefix_.size() > 32 || (!prefix_.empty() && field_name(prefix_, "") != prefix_))
        throw Error(AVOCET_ERR_INVALID, "field_prefix '" + prefix_ + "': is not how the name of a field can begin",
                    "a letter, then A-Z, 0-9 and _, at most 32: field_prefix = \"AVOCET_\"");
    if (!journal_.there())
        throw Error(AVOCET_ERR_IO, "journal: " + journal_.why(),
                    "is systemd-journald running? it listens on /run/systemd/journal/socket");
}

uint32_t JournaldSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    if (!wait_for_daemon()) return taken;
    for (uint32_t row = first; row < batch.row_count; ++row) {
        const std::optional<Entry> entry = entry_of(batch, row);
        if (entry && !deliver(*entry)) break;
        taken = row + 1 - first;
    }
    return taken;
}

std::optional<Entry> JournaldSink::entry_of(const avocet_batch& batch, uint32_t row) {
    std::string rendered;
    if (render_->text(render_->ctx, &batch, row, 1, append, &rendered) < AVOCET_OK) {
        ++lost_;  // the renderer said why
        return {};
    }
    std::string_view text = rendered;
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    while (!text.empty() && text.front() == '\n') text.remove_prefix(1);
    if (text.empty()) return {};
    Entry entry;
    entry.add("MESSAGE", text);
    entry.add("PRIORITY", std::to_string(static_cast<unsigned>(severity_of(batch, row))));
    entry.add("SYSLOG_IDENTIFIER", identifier_);
    add_fields(batch, row, entry);
    return entry;
}

void JournaldSink::add_fields(const avocet_batch& batch, uint32_t row, Entry& entry) {
    const avocet_schema& of = *batch.schema;
    const auto add = [&](const char* name, std::string_view value) {
        if (!value.empty() && value.size() <= field_limit_) entry.add(field_name(prefix_, name), value);
    };
    const auto text = [](const char* c) { return c ? std::string_view(c) : std::string_view(); };
    const auto has = [&](std::string_view name) {
        return std::any_of(of.fields, of.fields + of.field_count, [&](auto& f) { return name == f.name; });
    };
    add("RECORD", record_kind_name(of.kind));
    add("TOOL", text(of.tool));
    if (!has("probe")) add("PROBE", text(of.probe));
    add(of.kind == AVOCET_RECORD_MAP ? "MAP" : "CHANNEL", text(of.name));
    if (batch.times_ns && batch.times_ns[row]) add("TIME_NS", std::to_string(wall_time_ns(batch, row)));
    for (uint32_t i = 0; i < of.field_count; ++i) {
        const avocet_value& value = batch.rows[size_t{row} * of.field_count + i];
        if (value.kind == AVOCET_VALUE_NONE) continue;
        std::string shown;
        if (!render_->value || render_->value(render_->ctx, of.fields[i].type, &value, append, &shown) < AVOCET_OK) {
            shown = value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT
                        ? std::string(value.v.text, value.count)
                        : std::to_string(value.v.i);
        }
        add(of.fields[i].name, shown);
    }
}

// True: go on. While the daemon is away and the time is not over, rows wait.
bool JournaldSink::wait_for_daemon() {
    if (journal_.there()) {
        down_since_.reset();
        return true;
    }
    if (!down_since_) {
        down_since_ = Clock::now();
        host_.warn("sink '" + instance_ + "': journal: " + journal_.why(),
                   "records wait for it and are then counted as lost; outage_wait_ms says how long");
    }
    return Clock::now() - *down_since_ >= outage_wait_;
}

bool JournaldSink::deliver(const Entry& entry) {
    switch (journal_.send(entry)) {
        case Journal::Sent::yes: down_since_.reset(); return true;
        case Journal::Sent::busy:
            if (!down_since_) down_since_ = Clock::now();
            break;
        case Journal::Sent::away:
            if (!wait_for_daemon()) return false;
            break;
        case Journal::Sent::never:
            ++lost_;
            if (!std::exchange(told_, true))
                host_.report(Error(AVOCET_ERR_IO,
                                   "sink '" + instance_ + "': journal: refuses an entry: " + journal_.why(),
                                   "field_limit_bytes makes them smaller; these records are counted as lost"));
            return true;
    }
    if (Clock::now() - *down_since_ < outage_wait_) return false;
    ++lost_;
    return true;
}

uint64_t JournaldSink::flush() { return std::exchange(lost_, 0); }

}  // namespace avocet::journald
