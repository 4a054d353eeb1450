// SPDX-License-Identifier: Apache-2.0
//
// Records as syslog messages: one for each row, its text from the host, its fields as structured data, its severity by
// the kind of record. A daemon that is away holds rows back through AGAIN for `outage_wait_ms`; then rows are counted
// as lost until it is back. Begin and end of an outage are told once each. [thread: data]
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "avocet/sink.hpp"
#include "channel.hpp"
#include "message.hpp"

namespace avocet::syslog {

inline constexpr const char* format_choices[] = {"auto", "rfc5424", "rfc3164", nullptr};
// In the order of RFC 5424's table 1.
inline constexpr const char* facility_choices[] = {
    "kern",   "user",     "mail",   "daemon", "auth",   "syslog", "lpr",   "news",   "uucp",
    "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock", "local0", "local1",
    "local2", "local3",   "local4", "local5", "local6", "local7", nullptr};

inline constexpr std::array schema = {
    option(AVOCET_OPTION_STRING, "address", "unix:///dev/log",
           "Where the daemon listens: unix://PATH, udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT."),
    enum_option("format", format_choices, "auto",
                "Form of the messages; auto: as syslog(3) writes them on a unix socket, RFC 5424 elsewhere."),
    enum_option("facility", facility_choices, "user", "Facility of the messages."),
    option(AVOCET_OPTION_STRING, "app_name", "avocet", "Name of the application in the messages."),
    option(AVOCET_OPTION_STRING, "data_id", "avocet@32473",
           "Name of the element of structured data (RFC 5424); empty: no structured data."),
    option(AVOCET_OPTION_INT, "message_limit_bytes", "8192", "Longer messages are cut, and counted.", "bytes", 480,
           65'000),
    option(AVOCET_OPTION_INT, "outage_wait_ms", "10000",
           "How long records wait for a daemon that is away, before they are counted as lost.", "ms", 0, 86'400'000),
    option(AVOCET_OPTION_INT, "end_wait_ms", "2000",
           "How long the daemon may take, at the end, to acknowledge what was sent.", "ms", 0, 600'000),
    option(AVOCET_OPTION_PATH, "tls.ca", nullptr,
           "Certificates (PEM) that may sign the daemon's; not set: those of the system."),
    option(AVOCET_OPTION_PATH, "tls.certificate", nullptr, "This side's certificate (PEM), for daemons that want one."),
    option(AVOCET_OPTION_PATH, "tls.key", nullptr, "Its private key (PEM, no password)."),
    option(AVOCET_OPTION_STRING, "tls.name", nullptr,
           "What the daemon's certificate must name; not set: the host of the address."),
    option(AVOCET_OPTION_BOOL, "tls.verify", "true",
           "Refuse a daemon whose certificate is not good; false: anybody may pose as the daemon."),
};

class SyslogSink final : public Sink {
public:
    SyslogSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool wants_event_times() const { return true; }
    uint64_t flush() override;
    uint64_t close() override;
    void tick(uint64_t wall_ns) override;

private:
    using Clock = std::chrono::steady_clock;

    bool format_row(const avocet_batch& batch, uint32_t row);  // false: nothing to send
    void add_fields(const avocet_batch& batch, uint32_t row, Message& message);
    std::string value_text(const avocet_type& type, const avocet_value& value) const;
    bool deliver();  // false: try again later
    void watch();

    Host host_;
    const avocet_host_render* render_;
    std::string instance_, address_, application_, data_id_, host_name_;
    Form form_;
    unsigned facility_;
    size_t limit_;
    std::chrono::milliseconds outage_wait_, end_wait_;
    Channel channel_;
    std::string text_, bytes_;
    std::optional<Clock::time_point> down_since_;
    bool told_ = false;
    uint64_t lost_ = 0, cut_ = 0;
};

}  // namespace avocet::syslog
