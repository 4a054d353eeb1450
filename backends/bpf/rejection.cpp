// SPDX-License-Identifier: Apache-2.0
#include "rejection.hpp"

#include <cerrno>

namespace avocet::bpf {

std::string_view broken_rule(std::string_view) { return {}; }
Verdict read_verdict(std::string_view) { return {}; }

Error load_error(int error, const LibbpfMessages& messages, std::string_view log, std::string_view, const Host&) {
    return Error(log.empty() ? AVOCET_ERR_IO : AVOCET_ERR_REJECTED, "program: cannot be loaded: " + errno_text(-error),
                 messages.tail(5) + std::string(log.substr(log.size() > 2000 ? log.size() - 2000 : 0)));
}

}  // namespace avocet::bpf
