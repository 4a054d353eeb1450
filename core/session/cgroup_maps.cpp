// SPDX-License-Identifier: Apache-2.0
#include "session/cgroup_maps.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "avocet/error.hpp"

namespace avocet::core {

CgroupMaps::~CgroupMaps() {
    for (int fd : fds_) close(fd);
}

bool CgroupMaps::open(const std::vector<std::pair<std::string, std::string>>& groups, Diagnostics& diagnostics) {
    for (const auto& [map, directory] : groups) {
        const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            diagnostics.error("session", "control group '" + directory + "': " + errno_text(errno),
                              "map '" + map + "' is to hold it", 242);
            return false;
        }
        fds_.push_back(fd);
    }
    return true;
}

void CgroupMaps::add_images(const std::vector<std::pair<std::string, std::string>>& groups,
                            std::vector<avocet_map_image>& out) const {
    for (size_t i = 0; i < fds_.size() && i < groups.size(); ++i)
        out.push_back({to_abi(groups[i].first), 1, sizeof fds_[i], &fds_[i]});
}

}  // namespace avocet::core
