// SPDX-License-Identifier: Apache-2.0
//
// The way to the daemon: a datagram socket (unix, UDP) or a stream with octet counting (RFC 6587 section 3.4.1), plain
// or over TLS (RFC 5425). Nothing here blocks; a connection that broke is made again, at growing intervals. Of a
// stream, messages are kept until the other side's kernel has acknowledged the bytes they became (SIOCOUTQ, tcp(7)),
// and those of a broken connection are sent again on the next: a restart of the daemon repeats messages rather than
// losing them. [thread: data]
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "address.hpp"
#include "tls.hpp"

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
    // `tls`: of a stream that is to be encrypted; else nullptr.
    explicit Channel(Address address, std::unique_ptr<Tls> tls = nullptr)
        : address_(std::move(address)), tls_(std::move(tls)) {}

    enum class Sent { yes, busy, never };  // never: no daemon can be given this one; why()
    // Of a stream: kept until it is acknowledged, and written by advance(), or when enough has come together.
    Sent send(std::string message);
    // Goes on with what is under way: connecting, acknowledgements, messages to be sent again.
    void advance();
    bool up() const { return up_; }
    // Datagrams: the last ones were refused, so that being up means nothing yet.
    bool doubtful() const { return address_.transport == Transport::udp && Clock::now() < doubtful_until_; }
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
    static constexpr auto doubt = std::chrono::seconds(3);
    static constexpr size_t keep_bytes = 1u << 20;

    // A message with its length in front, and where it ends in what this connection sends (0: not yet part of it).
    struct Kept {
        std::string framed;
        uint64_t end = 0;
    };

    bool connect();
    bool connected();
    bool greeted();
    void encode(Kept& kept);
    void broken(std::string why);
    void forget_acknowledged();
    bool write_wire();
    bool read_wire();
    Sent send_datagram(const std::string& message);

    Address address_;
    std::unique_ptr<Tls> tls_;
    UniqueFd fd_;
    bool up_ = false, reached_ = false;  // reached: the socket is connected
    std::string why_;
    Clock::time_point next_try_{}, doubtful_until_{};
    Clock::duration pause_ = first_pause;
    std::deque<Kept> kept_;  // not known to be acknowledged
    size_t kept_bytes_ = 0;
    std::string wire_;       // bytes for this connection that the kernel has not taken; the first is number written_
    size_t wire_begin_ = 0;  // of wire_: taken already
    uint64_t written_ = 0;   // bytes that this connection's kernel has taken
    uint64_t refused_ = 0;
};

}  // namespace avocet::syslog
