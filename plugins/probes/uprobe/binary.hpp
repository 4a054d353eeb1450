// SPDX-License-Identifier: Apache-2.0
//
// What a uprobe calls a binary; found as the SDK finds the files of every kind of user-space probe.
#pragma once

#include "avocet/target_file.hpp"

namespace avocet::uprobe {

using Binary = TargetFile;

// At least one; throws avocet::Error with AVOCET_ERR_NOT_FOUND otherwise. Sorted by `shown`.
inline std::vector<Binary> find_binaries(const std::string& name, const ProbeSpec& spec, const Host& host) {
    return find_target_files(name, {"uprobe", spec.pid, spec.unsafe()}, host);
}

}  // namespace avocet::uprobe
