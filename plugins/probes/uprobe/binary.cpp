// SPDX-License-Identifier: Apache-2.0
//
// Looking for binaries, in the order that a shell user expects.
#include "binary.hpp"

#include <glob.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

#include "avocet/nearest.hpp"
#include "avocet/provider.hpp"
#include "elf_file.hpp"
#include "ld_cache.hpp"

namespace avocet::uprobe {

namespace {

std::string read_link(const std::string& path) {
    char target[PATH_MAX];
    ssize_t size = readlink(path.c_str(), target, sizeof target);
    return size > 0 ? std::string(target, static_cast<size_t>(size)) : std::string();
}

std::string proc(int32_t pid, const char* entry) { return "/proc/" + std::to_string(pid) + "/" + entry; }

// Prefix below which a process's files are found: empty when it sees what we see.
std::string root_of(int32_t pid) {
    if (pid <= 0) return {};
    if (access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0)
        throw Error(AVOCET_ERR_NOT_FOUND, "process '" + std::to_string(pid) + "' does not exist");
    bool same_mounts = read_link(proc(pid, "ns/mnt")) == read_link("/proc/self/ns/mnt");
    bool same_root = read_link(proc(pid, "root")) == read_link("/proc/self/root");
    return same_mounts && same_root ? std::string() : proc(pid, "root");
}

bool exists(const std::string& path) {
    struct stat st {};
    return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

// Whether a file found by name, not by path, is meant.
bool is_candidate(const std::string& path, bool unsafe) {
    struct stat st {};
    if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
    return unsafe || is_native_elf(path);
}

Error missing(const std::string& name, std::string hint = {}) {
    return Error(AVOCET_ERR_NOT_FOUND, "uprobe target file '" + name + "' does not exist or is not executable",
                 std::move(hint));
}

// Current directory, then PATH; a file reached twice (/bin -> /usr/bin) counts once.
std::vector<Binary> in_path(const std::string& name, const std::string& root, bool unsafe) {
    std::vector<Binary> found;
    std::set<std::pair<dev_t, ino_t>> seen;
    auto consider = [&](const std::string& shown) {
        struct stat st {};
        if (!is_candidate(root + shown, unsafe) || stat((root + shown).c_str(), &st) != 0) return;
        if (seen.insert({st.st_dev, st.st_ino}).second) found.push_back({shown, root + shown});
    };
    if (root.empty()) consider(std::filesystem::absolute(name).string());
    const char* path = getenv("PATH");
    std::istringstream directories(path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    for (std::string directory; std::getline(directories, directory, ':');)
        if (!directory.empty() && directory[0] == '/') consider(directory + "/" + name);
    return found;
}

std::optional<Binary> library(const std::string& name, const std::string& root) {
    if (name.compare(0, 3, "lib") != 0) return std::nullopt;
    std::ifstream in(root + "/etc/ld.so.cache", std::ios::binary);
    std::string cache{std::istreambuf_iterator<char>(in), {}};
    if (auto path = find_in_ld_cache(cache, name); path && exists(root + *path)) return Binary{*path, root + *path};
    // No cache (musl, a minimal container): the usual directories.
    for (const char* directory :
         {"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"}) {
        for (const std::string& file : {name, name + ".so"}) {
            std::string path = std::string(directory) + "/" + file;
            if (exists(root + path)) return Binary{path, root + path};
        }
    }
    return std::nullopt;
}

// `*` is the only wild card of the language; glob(3) knows more.
std::string as_glob(const std::string& text) {
    std::string out;
    for (char c : text) {
        if (c == '?' || c == '[' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::vector<Binary> by_pattern(const std::string& pattern, const std::string& root, bool unsafe) {
    std::vector<std::string> patterns;
    if (pattern.find('/') != std::string::npos) {
        patterns.push_back(pattern[0] == '/' ? pattern : std::filesystem::absolute(pattern).string());
    } else {
        const char* path = getenv("PATH");
        std::istringstream directories(path ? path : "/usr/bin:/bin");
        for (std::string directory; std::getline(directories, directory, ':');)
            patterns.push_back(directory + "/" + pattern);
    }
    std::vector<Binary> found;
    std::set<std::pair<dev_t, ino_t>> seen;
    for (const auto& each : patterns) {
        glob_t matches{};
        if (glob((as_glob(root) + as_glob(each)).c_str(), 0, nullptr, &matches) == 0) {
            for (size_t i = 0; i < matches.gl_pathc; ++i) {
                std::string path = matches.gl_pathv[i];
                struct stat st {};
                if (!is_candidate(path, unsafe) || stat(path.c_str(), &st) != 0) continue;
                if (seen.insert({st.st_dev, st.st_ino}).second) found.push_back({path.substr(root.size()), path});
            }
        }
        globfree(&matches);
    }
    return found;
}

void add_mapped(const std::string& pid, std::set<std::string>& shown) {
    std::ifstream maps("/proc/" + pid + "/maps");
    for (std::string line; std::getline(maps, line);) {
        size_t path = line.find('/');
        if (path == std::string::npos || line.find("r-xp") == std::string::npos) continue;
        if (line.size() > 10 && line.compare(line.size() - 10, 10, " (deleted)") == 0) continue;
        shown.insert(line.substr(path));
    }
}

// `*`: every file that a process has mapped as code.
std::vector<Binary> mapped_files(int32_t pid, const std::string& root) {
    std::set<std::string> shown;
    if (pid > 0) {
        add_mapped(std::to_string(pid), shown);
    } else {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
            std::string name = entry.path().filename();
            if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) add_mapped(name, shown);
        }
    }
    std::vector<Binary> found;
    for (const auto& path : shown)
        if (is_native_elf(root + path)) found.push_back({path, root + path});
    return found;
}

std::string near_file(const std::string& path) {
    std::filesystem::path whole(path);
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(whole.parent_path(), error))
        names.push_back(entry.path().string());
    return nearest_hint(path, names);
}

}  // namespace

Binary program_of(int32_t pid) {
    std::string link = proc(pid, "exe");
    std::string shown = read_link(link);
    if (shown.empty())
        throw Error(errno == EACCES || errno == EPERM ? AVOCET_ERR_PERMISSION : AVOCET_ERR_NOT_FOUND,
                    "process '" + std::to_string(pid) + "': its program cannot be found: " + errno_text(errno));
    return {shown, link};
}

std::vector<Binary> find_binaries(const std::string& name, const BinaryLookup& lookup, const Host& host) {
    std::string root = root_of(lookup.pid);
    if (name.empty()) {
        if (lookup.pid > 0) return {program_of(lookup.pid)};
        throw Error(AVOCET_ERR_INVALID, "uprobe without a binary",
                    "write uprobe:PATH:FUNCTION, or give a process with -p");
    }
    std::vector<Binary> found;
    if (name == "*")
        found = mapped_files(lookup.pid, root);
    else if (has_wildcard(name))
        found = by_pattern(name, root, lookup.unsafe);
    else if (name.find('/') != std::string::npos) {
        std::string shown = name[0] == '/' ? name : std::filesystem::absolute(name).lexically_normal().string();
        if (!exists(root + shown)) throw missing(name, near_file(shown));
        return {{shown, root + shown}};
    } else {
        found = in_path(name, root, lookup.unsafe);
        if (found.size() > 1) {
            host.warn("attaching to uprobe target file '" + found[0].shown + "' but matched " +
                      std::to_string(found.size()) + " binaries");
            found.resize(1);
        }
        if (found.empty())
            if (auto file = library(name, root)) found.push_back(*file);
    }
    if (found.empty()) throw missing(name, "give the path, a program in PATH, or a library such as libc");
    std::sort(found.begin(), found.end(), [](const Binary& a, const Binary& b) { return a.shown < b.shown; });
    return found;
}

}  // namespace avocet::uprobe
