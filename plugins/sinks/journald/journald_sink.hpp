// SPDX-License-Identifier: Apache-2.0
//
// Records as entries of the systemd journal: one for each row, its text as MESSAGE, its fields as fields. A daemon that
// is away holds rows back through AGAIN for `outage_wait_ms`; then rows are counted as lost until it is back.
// [thread: data]
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "avocet/sink.hpp"
#include "journal.hpp"

namespace avocet::journald {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_STRING, "identifier", "avocet", "SYSLOG_IDENTIFIER of the entries (journalctl -t)."),
    option(AVOCET_OPTION_STRING, "field_prefix", "AVOCET_",
           "Put in front of the names of fields; begins with a letter, A-Z, 0-9 and _ only."),
    option(AVOCET_OPTION_INT, "field_limit_bytes", "16384",
           "Longer values of fields are left out; MESSAGE has the text.", "bytes", 16, 16'777'216),
    option(AVOCET_OPTION_INT, "outage_wait_ms", "10000",
           "How long records wait for a daemon that is away, before they are counted as lost.", "ms", 0, 86'400'000),
};

class JournaldSink final : public Sink {
public:
    JournaldSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool wants_event_times() const { return true; }
    uint64_t flush() override;

private:
    using Clock = std::chrono::steady_clock;

    std::optional<Entry> entry_of(const avocet_batch& batch, uint32_t row);  // nothing: there is nothing to say
    void add_fields(const avocet_batch& batch, uint32_t row, Entry& entry);
    bool deliver(const Entry& entry);  // false: try again later
    bool wait_for_daemon();

    Host host_;
    const avocet_host_render* render_;
    std::string instance_, identifier_, prefix_;
    size_t field_limit_;
    std::chrono::milliseconds outage_wait_;
    Journal journal_;
    std::optional<Clock::time_point> down_since_;
    bool told_ = false;
    uint64_t lost_ = 0;
};

}  // namespace avocet::journald
