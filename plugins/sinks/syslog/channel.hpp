// SPDX-License-Identifier: Apache-2.0
//
// The way to the daemon: a datagram socket (unix, UDP) or a TCP stream with octet counting (RFC 6587 section 3.4.1).
// Nothing here blocks; a connection that broke is made again, at growing intervals. Of a stream, messages are kept
// until the other side's kernel has acknowledged them (SIOCOUTQ, tcp(7)), and those of a broken connection are sent
// again on the next: a restart of the daemon repeats messages rather than losing them. [thread: data]
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "address.hpp"

namespace avocet::syslog {

class UniqueFd {
public:
    explicit UniqueFd(int fd = -1) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept;
    ~UniqueFd();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

class Channel {
public:
    explicit Channel(Address address) : address_(std::move(address)) {}

    enum class Sent { yes, busy, never };  // never: no daemon can be given this one; why()
    Sent send(std::string message);
    // Goes on with what is under way: connecting, acknowledgements, messages to be sent again.
    void advance();
    bool up() const { return up_; }
    bool idle() const { return kept_.empty(); }
    // Why the connection is down or the message was refused.
    const std::string& why() const { return why_; }
    // Datagrams that a later error has shown to have reached nobody, since the last call.
    uint64_t take_refused() { return std::exchange(refused_, 0); }
    // At most so long, for something to happen on the connection.
    void wait(int milliseconds) const;
    // Messages that no daemon has acknowledged; they are given up.
    uint64_t give_up();

private:
    using Clock = std::chrono::steady_clock;
    static constexpr auto first_pause = std::chrono::milliseconds(50), longest_pause = std::chrono::milliseconds(2000);
    static constexpr size_t keep_bytes = 1u << 20;

    bool connect();
    bool connected();
    void broken(int error);
    void forget_acknowledged();
    bool write_stream();
    bool peer_has_closed() const;
    Sent send_datagram(const std::string& message);

    Address address_;
    UniqueFd fd_;
    bool up_ = false;
    std::string why_;
    Clock::time_point next_try_{};
    Clock::duration pause_ = first_pause;
    std::deque<std::string> kept_;  // framed; not known to be acknowledged
    size_t kept_bytes_ = 0;
    size_t sent_ = 0;  // bytes of kept_ that this connection has taken
    uint64_t refused_ = 0;
};

}  // namespace avocet::syslog
