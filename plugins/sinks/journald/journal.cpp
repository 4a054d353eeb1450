// SPDX-License-Identifier: Apache-2.0
#define SD_JOURNAL_SUPPRESS_LOCATION  // the place in this file says nothing about an event
#include "journal.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "avocet/error.hpp"

namespace avocet::journald {

namespace {

// Where libsystemd sends to; it cannot be told otherwise.
constexpr char socket_path[] = "/run/systemd/journal/socket";

}  // namespace

Journal::~Journal() {
    if (socket_ >= 0) ::close(socket_);
}

Journal::Sent Journal::failed(int error) {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    why_ = error == ENOENT || error == ECONNREFUSED ? "no journal daemon listens" : errno_text(error);
    return Sent::away;
}

// A datagram socket that is connected to a full one, or to one whose owner has gone, says so (unix(7), poll(2)).
Journal::Sent Journal::ready() {
    for (bool fresh = false;; fresh = true) {
        if (socket_ < 0) {
            socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::memcpy(address.sun_path, socket_path, sizeof socket_path);
            if (socket_ < 0 || ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
                return failed(errno);
            fresh = true;
        }
        // Sends nothing, but asks the other end; an answer that its owner is gone drops the connection.
        sockaddr_un peer{};
        socklen_t size = sizeof peer;
        pollfd fd{socket_, POLLOUT, 0};
        const int polled = ::poll(&fd, 1, 0);
        if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            !(fd.revents & (POLLHUP | POLLERR)))
            return polled > 0 && fd.revents & POLLOUT ? Sent::yes : Sent::busy;
        if (fresh) return failed(ECONNREFUSED);
        ::close(std::exchange(socket_, -1));
    }
}

bool Journal::there() { return ready() != Sent::away; }

Journal::Sent Journal::send(const Entry& entry) {
    if (const Sent state = ready(); state != Sent::yes) return state;
    std::vector<iovec> parts;
    for (const std::string& field : entry.fields()) parts.push_back({const_cast<char*>(field.data()), field.size()});
    const int error = -::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
    if (error <= 0) return Sent::yes;
    if (error == EAGAIN || error == ENOBUFS || error == EINTR) return Sent::busy;
    if (error == ECONNREFUSED || error == ENOENT || error == ENOTCONN || error == EPIPE) return failed(error);
    why_ = errno_text(error);
    return Sent::never;
}

}  // namespace avocet::journald
