// SPDX-License-Identifier: Apache-2.0
//
// One syslog message as bytes, in the form of RFC 5424 or of RFC 3164. Pure: no clock, no socket, no host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::syslog {

enum class Form { rfc5424, rfc3164, local };  // local: RFC 3164 without a host name, as syslog(3) writes to /dev/log

struct Message {
    unsigned facility = 1;
    unsigned severity = 6;  // of RFC 5424: avocet::Severity
    uint64_t wall_ns = 0;
    std::string_view host, application, id;  // id: MSGID, the kind of record
    long pid = 0;
    std::string_view data_id;  // SD-ID; empty: no structured data
    std::vector<std::pair<std::string, std::string>> data;
    std::string_view text;
};

// Appends the message. True: it was longer than `limit` bytes and its text was cut, between characters.
bool append_message(Form form, const Message& message, size_t limit, std::string& out);

}  // namespace avocet::syslog
