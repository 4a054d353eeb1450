// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "avocet/error.hpp"

namespace avocet::syslog {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
    UniqueFd old(std::exchange(fd_, std::exchange(other.fd_, -1)));
    return *this;
}

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
}

bool Channel::connect() {
    if (Clock::now() < next_try_) return false;
    const int type = address_.transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
    fd_ = UniqueFd(::socket(address_.socket.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_ || (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address_.socket), address_.size) != 0 &&
                 errno != EINPROGRESS)) {
        broken(errno);
        return false;
    }
    return connected();
}

// A stream's connect is under way until the socket can be written.
bool Channel::connected() {
    pollfd fd{fd_.get(), POLLOUT, 0};
    if (address_.transport == Transport::tcp) {
        if (::poll(&fd, 1, 0) <= 0) return false;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
            broken(error);
            return false;
        }
    }
    pause_ = first_pause;
    return up_ = true;
}

void Channel::broken(int error) {
    if (up_) forget_acknowledged();
    why_ = error ? errno_text(error) : "the daemon has closed the connection";
    up_ = false;
    sent_ = 0;  // what is still kept goes out again, from its beginning
    fd_ = UniqueFd(-1);
    next_try_ = Clock::now() + pause_;
    pause_ = std::min<Clock::duration>(pause_ * 2, longest_pause);
}

void Channel::forget_acknowledged() {
    int unacknowledged = 0;
    if (::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged) != 0) return;
    size_t acknowledged = sent_ - std::min(sent_, static_cast<size_t>(std::max(unacknowledged, 0)));
    while (!kept_.empty() && kept_.front().size() <= acknowledged) {
        const size_t size = kept_.front().size();
        acknowledged -= size;
        sent_ -= size;
        kept_bytes_ -= size;
        kept_.pop_front();
    }
}

// The daemon sends nothing, so all there can be to read is the end.
bool Channel::peer_has_closed() const {
    char byte;
    return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool Channel::write_stream() {
    size_t skip = sent_;
    for (const std::string& message : kept_) {
        if (skip >= message.size()) {
            skip -= message.size();
            continue;
        }
        ssize_t n = ::send(fd_.get(), message.data() + skip, message.size() - skip, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) broken(errno);
            return false;
        }
        sent_ += static_cast<size_t>(n);
        if (static_cast<size_t>(n) < message.size() - skip) return false;
        skip = 0;
    }
    return true;
}

void Channel::advance() {
    if (!fd_) {
        if (!connect()) return;
    } else if (!up_ && !connected()) {
        return;
    }
    if (address_.transport != Transport::tcp) return;
    if (peer_has_closed()) return broken(0);
    forget_acknowledged();
    write_stream();
}

Channel::Sent Channel::send(std::string message) {
    if (!up_) advance();
    if (!up_) return Sent::busy;
    if (address_.transport != Transport::tcp) return send_datagram(message);
    advance();
    if (!up_ || kept_bytes_ >= keep_bytes) return Sent::busy;
    kept_.push_back(std::to_string(message.size()) + ' ' + message);
    kept_bytes_ += kept_.back().size();
    write_stream();
    return Sent::yes;
}

Channel::Sent Channel::send_datagram(const std::string& message) {
    if (::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0) return Sent::yes;
    const int error = errno;
    if (error == EAGAIN || error == ENOBUFS || error == EINTR) return Sent::busy;
    if (error == EMSGSIZE) {
        why_ = errno_text(error);
        return Sent::never;
    }
    // The answer of the network to an earlier datagram; this one has not been sent.
    if (address_.transport == Transport::udp && error == ECONNREFUSED) ++refused_;
    broken(error);
    return Sent::busy;
}

void Channel::wait(int milliseconds) const {
    pollfd fd{fd_.get(), static_cast<short>(up_ ? POLLIN : POLLOUT), 0};
    ::poll(&fd, fd_ ? 1 : 0, milliseconds);
}

uint64_t Channel::give_up() {
    const uint64_t count = kept_.size();
    kept_.clear();
    kept_bytes_ = sent_ = 0;
    fd_ = UniqueFd();
    up_ = false;
    return count;
}

}  // namespace avocet::syslog
