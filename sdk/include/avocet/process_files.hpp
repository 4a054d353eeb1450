// SPDX-License-Identifier: Apache-2.0
//
// avocet/process_files.hpp: the files that processes have mapped as code, from /proc/PID/maps, and how this process
// opens them: by their path, below /proc/PID/root when that process lives in another mount namespace or root directory,
// or through /proc/PID/map_files when the path leads nowhere any more (deleted libraries, memfd). See proc(5).
#pragma once

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "avocet/error.hpp"

namespace avocet {

// A file that may hold probes.
struct TargetFile {
    std::string shown;  // as the traced process calls it: in probe names and messages
    std::string path;   // as this process opens it
};

// A mapping of code; `shown` without the kernel's " (deleted)".
struct MappedFile : TargetFile {
    std::string device;  // "fe:01", as the kernel writes it
    uint64_t inode = 0;
    bool is_deleted = false;
};

namespace detail {

inline std::string proc_entry(int32_t pid, const std::string& entry) {
    return "/proc/" + std::to_string(pid) + "/" + entry;
}

inline std::string link_target(const std::string& path) {
    char target[PATH_MAX];
    ssize_t size = readlink(path.c_str(), target, sizeof target);
    return size > 0 ? std::string(target, static_cast<size_t>(size)) : std::string();
}

inline std::string_view next_word(std::string_view& line) {
    size_t begin = std::min(line.find_first_not_of(' '), line.size());
    size_t end = std::min(line.find(' ', begin), line.size());
    std::string_view word = line.substr(begin, end - begin);
    line.remove_prefix(end);
    return word;
}

inline bool is_regular_file(const std::string& path) {
    struct stat st {};
    return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

inline bool has_inode(const std::string& path, uint64_t inode) {
    struct stat st {};
    return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == inode;
}

// Takes the kernel's mark off a name.
inline bool take_deleted(std::string& name) {
    constexpr std::string_view mark = " (deleted)";
    if (name.size() <= mark.size() || name.compare(name.size() - mark.size(), mark.size(), mark) != 0) return false;
    name.resize(name.size() - mark.size());
    return true;
}

// One line of /proc/PID/maps; an empty `shown` if it is not a file's code. `addresses`: its name in map_files.
inline MappedFile parse_mapping(std::string_view line, std::string& addresses) {
    MappedFile out;
    std::string_view rest = line;
    std::string_view range = next_word(rest), rights = next_word(rest);
    next_word(rest);  // offset
    std::string_view device = next_word(rest), inode = next_word(rest);
    size_t path = rest.find('/');
    if (path == std::string_view::npos || rights.size() < 3 || rights[2] != 'x') return out;
    auto [end, error] = std::from_chars(inode.data(), inode.data() + inode.size(), out.inode);
    if (error != std::errc{} || out.inode == 0) return out;
    addresses = range;
    out.device = device;
    out.shown = rest.substr(path);
    out.is_deleted = take_deleted(out.shown);
    return out;
}

}  // namespace detail

// What a process's paths are put behind to open them here: empty when it sees what this process sees. Throws when there
// is no such process.
inline std::string root_of_process(int32_t pid) {
    using namespace detail;
    if (pid <= 0) return {};
    if (access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0)
        throw Error(AVOCET_ERR_NOT_FOUND, "process '" + std::to_string(pid) + "' does not exist");
    bool same_mounts = link_target(proc_entry(pid, "ns/mnt")) == link_target("/proc/self/ns/mnt");
    bool same_root = link_target(proc_entry(pid, "root")) == link_target("/proc/self/root");
    return same_mounts && same_root ? std::string() : proc_entry(pid, "root");
}

// Each file once, in the order of addresses. A process that has gone, or may not be looked at, has none.
inline std::vector<MappedFile> mapped_files(int32_t pid, const std::string& root) {
    std::vector<MappedFile> found;
    std::set<std::pair<std::string, uint64_t>> seen;
    std::ifstream maps(detail::proc_entry(pid, "maps"));
    for (std::string line, addresses; std::getline(maps, line);) {
        MappedFile file = detail::parse_mapping(line, addresses);
        if (file.shown.empty() || !seen.insert({file.device, file.inode}).second) continue;
        file.path = root + file.shown;
        // The kernel names a file as seen from our own root directory if it can; and stacked file systems have inode
        // numbers of their own, so that a different number alone proves nothing.
        bool is_own = !file.is_deleted && (detail::has_inode(file.path, file.inode) || root.empty());
        if (!is_own && !file.is_deleted && detail::has_inode(file.shown, file.inode)) {
            file.path = file.shown;
            is_own = true;
        }
        if (!is_own && (file.is_deleted || !detail::is_regular_file(file.path)))
            file.path = detail::proc_entry(pid, "map_files/" + addresses);
        found.push_back(std::move(file));
    }
    return found;
}

inline std::vector<int32_t> all_processes() {
    std::vector<int32_t> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        std::string name = entry.path().filename();
        int32_t pid = 0;
        auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (bad == std::errc{} && *end == '\0') out.push_back(pid);
    }
    return out;
}

// The program of a process.
inline TargetFile program_of(int32_t pid) {
    std::string link = detail::proc_entry(pid, "exe");
    std::string shown = detail::link_target(link);
    int error = errno;
    if (shown.empty())
        throw Error(error == EACCES || error == EPERM ? AVOCET_ERR_PERMISSION : AVOCET_ERR_NOT_FOUND,
                    "process '" + std::to_string(pid) + "': its program cannot be found: " + errno_text(error));
    detail::take_deleted(shown);
    return {shown, link};
}

}  // namespace avocet
