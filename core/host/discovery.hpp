// SPDX-License-Identifier: Apache-2.0
//
// Plugin folders to sidecars. Reads plugin.toml and the owners of what is around it; maps nothing. On the start-up path
// of every run: a few system calls for each plugin.
#pragma once

#include <optional>
#include <vector>

#include "host/descriptor.hpp"

namespace avocet::core {

struct Found {
    Sidecar sidecar;
    std::optional<Refusal> refusal;  // why it will not be loaded; sidecar.refusal is its message
};

// Found plugins in the order of `directories`, then by folder name. A directory that comes twice is read once.
std::vector<Found> find_plugins(const std::vector<std::filesystem::path>& directories, Diagnostics& diagnostics);

}  // namespace avocet::core
