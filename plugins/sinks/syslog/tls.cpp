// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>

#include "avocet/error.hpp"

namespace avocet::syslog {

namespace {

std::string library_reason() {
    const unsigned long error = ERR_peek_last_error();
    const char* reason = error ? ERR_reason_error_string(error) : nullptr;
    ERR_clear_error();
    return reason ? reason : "no reason given";
}

[[noreturn]] void refuse(const char* option, const std::string& path, const std::string& what) {
    const std::string reason = library_reason();
    if (::access(path.c_str(), R_OK) != 0)
        throw Error(errno == EACCES ? AVOCET_ERR_PERMISSION : AVOCET_ERR_NOT_FOUND,
                    std::string(option) + " '" + path + "': cannot be read: " + errno_text(errno));
    throw Error(AVOCET_ERR_INVALID, std::string(option) + " '" + path + "': " + what + ": " + reason);
}

bool is_address(const std::string& host) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// Nobody is there to type it.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Tls::Tls(const TlsSettings& settings) : settings_(settings), context_(SSL_CTX_new(TLS_client_method())) {
    if (!context_) throw Error(AVOCET_ERR_NO_MEMORY, "tls: cannot be set up: " + library_reason());
    SSL_CTX* c = context_.get();
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_default_passwd_cb(c, no_password);
    SSL_CTX_set_verify(c, settings_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (settings_.ca.empty())
        SSL_CTX_set_default_verify_paths(c);
    else if (SSL_CTX_load_verify_file(c, settings_.ca.c_str()) != 1)
        refuse("tls.ca", settings_.ca, "is no certificate in PEM form");
    if (settings_.certificate.empty() != settings_.key.empty())
        throw Error(AVOCET_ERR_INVALID,
                    settings_.key.empty() ? "tls.certificate: has no tls.key" : "tls.key: has no tls.certificate",
                    "give both, or neither");
    if (settings_.certificate.empty()) return;
    if (SSL_CTX_use_certificate_chain_file(c, settings_.certificate.c_str()) != 1)
        refuse("tls.certificate", settings_.certificate, "is no certificate in PEM form");
    if (SSL_CTX_use_PrivateKey_file(c, settings_.key.c_str(), SSL_FILETYPE_PEM) != 1)
        refuse("tls.key", settings_.key, "is no private key in PEM form without a password that fits tls.certificate");
}

void Tls::start() {
    up_ = false;
    why_.clear();
    ERR_clear_error();
    session_.reset(SSL_new(context_.get()));
    if (!session_) throw std::bad_alloc();
    SSL* s = session_.get();
    SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(s);
    const std::string& name = settings_.name.empty() ? settings_.host : settings_.name;
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s), name.c_str());
    } else {
        SSL_set1_host(s, name.c_str());
        SSL_set_tlsext_host_name(s, name.c_str());
    }
}

void Tls::take(std::string& out) {
    char bytes[16384];
    for (int n; (n = BIO_read(SSL_get_wbio(session_.get()), bytes, sizeof bytes)) > 0;)
        out.append(bytes, static_cast<size_t>(n));
}

void Tls::fail() {
    const long verified = SSL_get_verify_result(session_.get());
    if (settings_.verify && verified != X509_V_OK) {
        const std::string& name = settings_.name.empty() ? settings_.host : settings_.name;
        why_ = std::string("its certificate is refused: ") + X509_verify_cert_error_string(verified);
        if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
            why_ += ": it does not name '" + name + "'";
        ERR_clear_error();
    } else {
        why_ = "TLS: " + library_reason();
    }
}

bool Tls::advance(std::string& out) {
    if (up_) return true;
    const int done = SSL_do_handshake(session_.get());
    const int error = SSL_get_error(session_.get(), done);
    if (done != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail();
    take(out);  // also the alert that says why
    up_ = done == 1;
    return why_.empty();
}

void Tls::encrypt(std::string_view plain, std::string& out) {
    SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size()));  // into memory: all of it
    take(out);
}

bool Tls::feed(std::string_view wire, std::string& out) {
    BIO_write(SSL_get_rbio(session_.get()), wire.data(), static_cast<int>(wire.size()));
    if (!up_) return advance(out);
    char ignored[256];
    int n;
    do n = SSL_read(session_.get(), ignored, sizeof ignored);
    while (n > 0);
    const int error = SSL_get_error(session_.get(), n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    if (error != SSL_ERROR_ZERO_RETURN) fail();
    return false;
}

void Tls::finish(std::string& out) {
    if (!session_ || !up_) return;
    SSL_shutdown(session_.get());
    ERR_clear_error();
    take(out);
}

}  // namespace avocet::syslog
