// SPDX-License-Identifier: Apache-2.0
//
// What the bpftrace command reads from the environment: configuration variables, colour.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace avocet::core {

// "max_strlen=64" for each BPFTRACE_MAX_STRLEN=64 that is a configuration variable.
std::vector<std::string> bpftrace_settings_of_environment();

// Whether a message without a place is about such a setting: that is an error of the environment.
bool names_environment_setting(const std::string& message);

// BPFTRACE_COLOR; auto: standard output and standard error are terminals. nullopt: it has another value.
std::optional<bool> bpftrace_colour();

}  // namespace avocet::core
