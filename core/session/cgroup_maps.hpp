// SPDX-License-Identifier: Apache-2.0
//
// Maps of control groups are filled with file descriptors, which stay open until the program is loaded.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "avocet/abi/backend.h"
#include "host/diagnostics.hpp"

namespace avocet::core {

class CgroupMaps {
public:
    CgroupMaps() = default;
    ~CgroupMaps();
    CgroupMaps(const CgroupMaps&) = delete;
    CgroupMaps& operator=(const CgroupMaps&) = delete;

    // Maps and directories. false: reported.
    bool open(const std::vector<std::pair<std::string, std::string>>& groups, Diagnostics& diagnostics);
    // Valid as long as this and `groups` are.
    void add_images(const std::vector<std::pair<std::string, std::string>>& groups,
                    std::vector<avocet_map_image>& out) const;

private:
    std::vector<int> fds_;
};

}  // namespace avocet::core
