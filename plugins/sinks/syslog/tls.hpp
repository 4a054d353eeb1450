// SPDX-License-Identifier: Apache-2.0
//
// TLS for one connection at a time (RFC 5425), without a socket: bytes of the wire go in and come out, so that nothing
// here blocks or raises a signal, and the channel knows which bytes the other side's kernel has acknowledged.
// [thread: control] to construct, then [thread: data]
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace avocet::syslog {

struct TlsSettings {
    std::string host;              // as in the address; what the certificate must name unless `name` says otherwise
    std::string name;              // empty: host
    std::string ca;                // PEM; empty: the system's
    std::string certificate, key;  // PEM, of this side; empty: none
    bool verify = true;
};

class Tls {
public:
    // Throws avocet::Error that names the option whose file is wrong.
    explicit Tls(const TlsSettings& settings);

    void start();  // a new connection
    // Goes on with the handshake; bytes for the other side are appended to `out`. False: failed, `why`.
    bool advance(std::string& out);
    bool up() const { return up_; }
    void encrypt(std::string_view plain, std::string& out);
    // Bytes from the other side. False: it has ended the connection, `why` if not in peace.
    bool feed(std::string_view wire, std::string& out);
    void finish(std::string& out);  // says goodbye
    const std::string& why() const { return why_; }

private:
    struct Free {
        void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
        void operator()(SSL* s) const { SSL_free(s); }
    };
    void take(std::string& out);
    void fail();

    TlsSettings settings_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> session_;
    bool up_ = false;
    std::string why_;
};

}  // namespace avocet::syslog
