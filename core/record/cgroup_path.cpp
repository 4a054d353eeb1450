// SPDX-License-Identifier: Apache-2.0
//
// A control group's id is the inode number of its directory (kernfs), in every mounted hierarchy. Looking it up is a
// walk over the directories; `unified` is the name of version 2, version 1 hierarchies are named by their controllers.
#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <fnmatch.h>

#include "record/lookups.hpp"

namespace avocet::core {

namespace {

struct Hierarchy {
    std::string name, path;
};

std::string controllers(const std::string& options) {
    std::string names;
    std::stringstream list(options);
    for (std::string word; std::getline(list, word, ',');) {
        if (word == "rw" || word == "ro" || word == "xattr" || word.starts_with("release_agent")) continue;
        names += (names.empty() ? "" : ",") + (word.starts_with("name=") ? word.substr(5) : word);
    }
    return names;
}

// /proc/self/mountinfo: `ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAGS] - TYPE SOURCE SUPEROPTIONS`, proc(5).
std::vector<Hierarchy> mounted_hierarchies() {
    std::vector<Hierarchy> found;
    std::ifstream file("/proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        size_t dash = line.find(" - cgroup");
        if (dash == std::string::npos) continue;
        std::stringstream head(line), tail(line.substr(dash + 3));
        std::string skip, mount_point, type, source, options;
        head >> skip >> skip >> skip >> skip >> mount_point;
        tail >> type >> source >> options;
        found.push_back({type == "cgroup2" ? "unified" : controllers(options), mount_point});
    }
    return found;
}

bool has_inode(const std::string& path, uint64_t inode) {
    struct stat s {};
    return stat(path.c_str(), &s) == 0 && s.st_ino == inode;
}

std::string find_directory(const std::string& root, uint64_t inode) {
    namespace fs = std::filesystem;
    if (has_inode(root, inode)) return "/";
    std::error_code error;
    for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error))
        if (at->is_directory(error) && !error && has_inode(at->path(), inode))
            return at->path().string().substr(root.size());
    return {};
}

}  // namespace

std::string find_cgroup_paths(uint64_t id, std::string_view filter) {
    std::string found, pattern(filter);
    for (const auto& h : mounted_hierarchies()) {
        if (!pattern.empty() && fnmatch(pattern.c_str(), h.name.c_str(), 0) != 0) continue;
        std::string path = find_directory(h.path, id);
        if (!path.empty()) found += (found.empty() ? "" : ",") + h.name + ":" + path;
    }
    return found;
}

}  // namespace avocet::core
