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

namespace {

constexpr size_t write_bytes = 32 << 10;
constexpr char closed_text[] = "the daemon has closed the connection";

}  // namespace

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
        broken(errno_text(errno));
        return false;
    }
    if (tls_) tls_->start();
    return connected();
}

// A stream's connect is under way until the socket can be written.
bool Channel::connected() {
    pollfd fd{fd_.get(), POLLOUT, 0};
    if (address_.transport == Transport::tcp && !reached_) {
        if (::poll(&fd, 1, 0) <= 0) return false;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
            broken(errno_text(error));
            return false;
        }
        reached_ = true;
    }
    if (tls_ && !greeted()) return false;
    if (!doubtful()) pause_ = first_pause;
    up_ = true;
    for (Kept& kept : kept_) encode(kept);  // of the connection before
    return true;
}

// The handshake, as far as it goes now.
bool Channel::greeted() {
    const bool good = tls_->advance(wire_);
    if (!write_wire() && !fd_) return false;
    if (!good) {
        broken(tls_->why());
        return false;
    }
    if (!tls_->up() && !read_wire()) return false;
    write_wire();
    return fd_ && tls_->up();
}

void Channel::encode(Kept& kept) {
    if (tls_)
        tls_->encrypt(kept.framed, wire_);
    else
        wire_ += kept.framed;
    kept.end = written_ + wire_.size() - wire_begin_;
}

void Channel::broken(std::string why) {
    if (up_) forget_acknowledged();
    why_ = std::move(why);
    up_ = reached_ = false;
    wire_.clear();
    wire_begin_ = 0;
    written_ = 0;
    for (Kept& kept : kept_) kept.end = 0;  // goes out again
    fd_ = UniqueFd(-1);
    next_try_ = Clock::now() + pause_;
    pause_ = std::min<Clock::duration>(pause_ * 2, longest_pause);
}

void Channel::forget_acknowledged() {
    int unacknowledged = 0;
    if (::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged) != 0) return;
    const uint64_t acknowledged = written_ - std::min(written_, static_cast<uint64_t>(std::max(unacknowledged, 0)));
    while (!kept_.empty() && kept_.front().end && kept_.front().end <= acknowledged) {
        kept_bytes_ -= kept_.front().framed.size();
        kept_.pop_front();
    }
}

// False: broken. A daemon sends nothing but what TLS needs, so without TLS all there can be to read is the end.
bool Channel::read_wire() {
    char bytes[4096];
    for (;;) {
        const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (n < 0) {
            broken(errno_text(errno));
            return false;
        }
        if (n == 0) {
            broken(closed_text);
            return false;
        }
        if (tls_ && !tls_->feed({bytes, static_cast<size_t>(n)}, wire_)) {
            const std::string why = tls_->why();
            write_wire();
            if (fd_) broken(why.empty() ? closed_text : why);
            return false;
        }
    }
}

// True: all of it is the kernel's now.
bool Channel::write_wire() {
    while (wire_begin_ < wire_.size()) {
        const ssize_t n =
            ::send(fd_.get(), wire_.data() + wire_begin_, wire_.size() - wire_begin_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) broken(errno_text(errno));
            return false;
        }
        wire_begin_ += static_cast<size_t>(n);
        written_ += static_cast<uint64_t>(n);
    }
    wire_.clear();
    wire_begin_ = 0;
    return true;
}

void Channel::advance() {
    if (!fd_) {
        if (!connect()) return;
    } else if (!up_ && !connected()) {
        return;
    }
    if (address_.transport != Transport::tcp || !read_wire()) return;
    forget_acknowledged();
    write_wire();
}

Channel::Sent Channel::send(std::string message) {
    if (!up_) advance();
    if (!up_) return Sent::busy;
    if (address_.transport != Transport::tcp) return send_datagram(message);
    // Asking the kernel after each message what is acknowledged would cost more than the message.
    if (wire_.size() - wire_begin_ >= write_bytes || kept_bytes_ >= keep_bytes) advance();
    if (!up_ || kept_bytes_ >= keep_bytes) return Sent::busy;
    kept_.push_back({std::to_string(message.size()) + " " + message, 0});
    kept_bytes_ += kept_.back().framed.size();
    encode(kept_.back());
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
    if (address_.transport == Transport::udp && error == ECONNREFUSED) {
        ++refused_;
        doubtful_until_ = Clock::now() + doubt;
    }
    broken(errno_text(error));
    return Sent::busy;
}

void Channel::wait(int milliseconds) const {
    pollfd fd{fd_.get(), static_cast<short>(reached_ || up_ ? POLLIN : POLLOUT), 0};
    ::poll(&fd, fd_ ? 1 : 0, milliseconds);
}

uint64_t Channel::give_up() {
    if (tls_ && up_) {
        tls_->finish(wire_);
        write_wire();
    }
    const uint64_t count = kept_.size();
    kept_.clear();
    kept_bytes_ = 0;
    fd_ = UniqueFd();
    up_ = reached_ = false;
    return count;
}

}  // namespace avocet::syslog
