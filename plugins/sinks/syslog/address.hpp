// SPDX-License-Identifier: Apache-2.0
//
// Where the daemon listens: unix:///dev/log, udp://host:port, tcp://[::1]:port, tls://host:port. Names are looked up
// once, at the start.
#pragma once

#include <sys/socket.h>

#include <string>

namespace avocet::syslog {

enum class Transport { local, udp, tcp };

struct Address {
    std::string text;  // as the user wrote it
    Transport transport = Transport::local;
    bool encrypted = false;  // TLS
    std::string host;        // of tcp and tls, as written
    sockaddr_storage socket{};
    socklen_t size = 0;
};

// Throws what is wrong with it. [thread: control]
Address resolve(const std::string& text);

}  // namespace avocet::syslog
