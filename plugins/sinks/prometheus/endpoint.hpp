// SPDX-License-Identifier: Apache-2.0
//
// The HTTP side: GET /metrics answers with what `text` makes. The socket is bound at the start, so that a port in use
// is told before anything is attached; the server has threads of its own, which only read. [thread: control]
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace avocet::prometheus {

class Endpoint {
public:
    Endpoint(const std::string& address, int port, std::function<std::string()> text);
    ~Endpoint();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace avocet::prometheus
