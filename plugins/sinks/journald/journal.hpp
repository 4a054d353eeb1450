// SPDX-License-Identifier: Apache-2.0
//
// The way to the journal. sd_journal_sendv(3) says nothing when there is no daemon and waits when the daemon's socket
// is full, so before each entry the socket is asked whether it takes one. [thread: data]
#pragma once

#include "fields.hpp"

namespace avocet::journald {

class Journal {
public:
    Journal() = default;
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    enum class Sent { yes, busy, away, never };  // never: no daemon can be given this one; `why` for away and never
    Sent send(const Entry& entry);
    bool there();  // whether a daemon listens now
    const std::string& why() const { return why_; }

private:
    Sent ready();
    Sent failed(int error);

    int socket_ = -1;  // connected to the daemon's, never written to
    std::string why_;
};

}  // namespace avocet::journald
