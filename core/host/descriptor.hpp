// SPDX-License-Identifier: Apache-2.0
//
// Does what a library exports fit this host and its own sidecar? Each way not to fit has a message and a code of its
// own. Reading a hostile descriptor can crash: callers hold a CrashGuard.
#pragma once

#include <optional>
#include <string>

#include "host/registry.hpp"

namespace avocet::core {

struct Refusal {
    uint32_t code = 0;
    std::string message, hint;  // message without the plugin's name: "built for ABI 2, this host is ABI 1"
    std::vector<std::string> causes{};
};

std::optional<Refusal> check_entry(const avocet_plugin_entry_t& entry, const Sidecar& sidecar);
// `factory`: what get_factory returned for the sidecar's kind.
std::optional<Refusal> check_factory(const void* factory, const Sidecar& sidecar);

}  // namespace avocet::core
