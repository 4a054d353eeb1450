// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <netdb.h>
#include <sys/un.h>

#include <cstring>
#include <memory>

#include "avocet/error.hpp"

namespace avocet::syslog {

namespace {

constexpr const char* forms =
    "write unix:///dev/log, udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT; without a port, 514, with TLS 6514";

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
    throw Error(AVOCET_ERR_INVALID, "address '" + text + "': " + why, forms);
}

void set_path(Address& out, const std::string& path) {
    auto* address = reinterpret_cast<sockaddr_un*>(&out.socket);
    if (path.empty() || path[0] != '/') refuse(out.text, "names no absolute path");
    if (path.size() >= sizeof address->sun_path) refuse(out.text, "its path is longer than a socket's may be");
    address->sun_family = AF_UNIX;
    std::memcpy(address->sun_path, path.c_str(), path.size() + 1);
    out.size = sizeof *address;
}

void set_host(Address& out, std::string host) {
    std::string port = out.encrypted ? "6514" : "514";
    const size_t bracket = host.rfind(']'), colon = host.rfind(':');
    if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
        port = host.substr(colon + 1);
        host.resize(colon);
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.empty()) refuse(out.text, "names no host");
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
        std::stoi(port) < 1 || std::stoi(port) > 65535)
        refuse(out.text, "'" + port + "' is not a port");
    out.host = host;
    addrinfo wanted{}, *list = nullptr;
    wanted.ai_socktype = out.transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
    int error = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &list);
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);
    if (error)
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "address '" + out.text + "': host '" + host + "' is not known: " + ::gai_strerror(error));
    std::memcpy(&out.socket, list->ai_addr, list->ai_addrlen);
    out.size = list->ai_addrlen;
}

}  // namespace

Address resolve(const std::string& text) {
    Address out;
    out.text = text;
    const size_t end = text.find("://");
    const std::string scheme = text.substr(0, end);
    if (end == std::string::npos || (scheme != "unix" && scheme != "udp" && scheme != "tcp" && scheme != "tls"))
        refuse(text, "does not begin with unix://, udp://, tcp:// or tls://");
    const std::string rest = text.substr(end + 3);
    if (scheme == "unix") {
        set_path(out, rest);
    } else {
        out.encrypted = scheme == "tls";
        out.transport = scheme == "udp" ? Transport::udp : Transport::tcp;
        set_host(out, rest);
    }
    return out;
}

}  // namespace avocet::syslog
