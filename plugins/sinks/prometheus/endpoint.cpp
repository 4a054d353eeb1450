// SPDX-License-Identifier: Apache-2.0
#include "endpoint.hpp"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <thread>

#include "avocet/error.hpp"

namespace avocet::prometheus {

namespace {

// Clients that connect and say nothing, or do not read, keep a thread each for so long; the others are served
// meanwhile, and the end of the session waits no longer.
constexpr size_t connections = 16;
constexpr time_t patience_s = 1;

}  // namespace

struct Endpoint::State {
    httplib::Server server;
    std::thread thread;
};

// Signals are the host's business: the server's threads start with all of them blocked.
Endpoint::Endpoint(const std::string& address, int port, std::function<std::string()> text)
    : state_(std::make_unique<State>()) {
    auto& server = state_->server;
    server.new_task_queue = [] { return new httplib::ThreadPool(connections); };
    server.set_keep_alive_max_count(1);
    server.set_keep_alive_timeout(patience_s);
    server.set_read_timeout(patience_s);
    server.set_write_timeout(patience_s);
    server.set_payload_max_length(4096);
    // The default has SO_REUSEPORT: a second run would take half of the first one's scrapes.
    server.set_socket_options([](socket_t fd) {
        int yes = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server.Get("/metrics", [text = std::move(text)](const httplib::Request&, httplib::Response& answer) {
        answer.set_content(text(), "text/plain; version=0.0.4; charset=utf-8");
    });
    errno = 0;
    if (!server.bind_to_port(address, port))
        throw Error(AVOCET_ERR_IO,
                    "address '" + address + ":" + std::to_string(port) +
                        "': cannot listen there: " + (errno ? errno_text(errno) : "not an address of this machine"),
                    "choose another one with listen_address and port");
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread([this] { state_->server.listen_after_bind(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Endpoint::~Endpoint() {
    // stop() does nothing before the thread has begun to listen.
    while (!state_->server.is_running()) std::this_thread::yield();
    state_->server.stop();
    state_->thread.join();
}

}  // namespace avocet::prometheus
