// SPDX-License-Identifier: Apache-2.0
//
// avocet/target_file.hpp: from what the user calls a binary to files: a path, a name in the current directory or in
// PATH, a library the dynamic linker knows (`libc`), a pattern, or the program of process -p. With -p paths mean what
// they mean to that process: when it lives in another mount namespace they are looked up below /proc/PID/root, and a
// file that it has mapped but that was deleted or replaced since is the one it has mapped.
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "avocet/error.hpp"
#include "avocet/ld_cache.hpp"
#include "avocet/nearest.hpp"
#include "avocet/process_files.hpp"
#include "avocet/provider.hpp"

namespace avocet {

struct TargetLookup {
    std::string kind;  // "uprobe": begins messages
    int32_t pid = -1;
    bool unsafe = false;  // any existing file counts
};

// Whether a file is an ELF program or shared object for this machine; cheap, never throws.
inline bool is_native_elf(const std::string& path) {
#if defined(__x86_64__)
    constexpr Elf64_Half this_machine = EM_X86_64;
#elif defined(__aarch64__)
    constexpr Elf64_Half this_machine = EM_AARCH64;
#else
    constexpr Elf64_Half this_machine = EM_NONE;
#endif
    if (!detail::is_regular_file(path)) return false;  // a FIFO would block, a device may do anything
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    Elf64_Ehdr header{};
    bool whole = pread(fd, &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header);
    close(fd);
    return whole && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_machine == this_machine && (header.e_type == ET_EXEC || header.e_type == ET_DYN);
}

namespace detail {

inline Error no_target_file(const TargetLookup& lookup, const std::string& name, std::string hint = {}) {
    return Error(AVOCET_ERR_NOT_FOUND, lookup.kind + " target file '" + name + "' does not exist or is not executable",
                 std::move(hint));
}

// Collects files, a file reached twice (/bin -> /usr/bin) once.
class TargetFiles {
public:
    TargetFiles(const TargetLookup& lookup, std::string root) : lookup_(lookup), root_(std::move(root)) {}
    void consider(const std::string& shown) {
        struct stat st {};
        std::string path = root_ + shown;
        if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return;
        if (!lookup_.unsafe && !is_native_elf(path)) return;
        if (seen_.insert({st.st_dev, st.st_ino}).second) found.push_back({shown, path});
    }
    std::vector<TargetFile> found;

private:
    const TargetLookup& lookup_;
    std::string root_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

inline std::vector<std::string> path_directories() {
    const char* path = getenv("PATH");
    std::istringstream text(path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    std::vector<std::string> out;
    for (std::string directory; std::getline(text, directory, ':');)
        if (!directory.empty() && directory[0] == '/') out.push_back(directory);
    return out;
}

// Current directory, then PATH.
inline std::vector<TargetFile> files_in_path(const std::string& name, const TargetLookup& lookup,
                                             const std::string& root) {
    TargetFiles files(lookup, root);
    if (root.empty()) files.consider(std::filesystem::absolute(name).string());
    for (const auto& directory : path_directories()) files.consider(directory + "/" + name);
    return std::move(files.found);
}

inline std::optional<TargetFile> library_file(const std::string& name, const TargetLookup& lookup,
                                              const std::string& root) {
    if (name.compare(0, 3, "lib") != 0) return std::nullopt;
    if (lookup.pid > 0)  // the one it uses
        for (auto& file : mapped_files(lookup.pid, root))
            if (library_name_matches(file.shown.substr(file.shown.rfind('/') + 1), name)) return std::move(file);
    std::ifstream in(root + "/etc/ld.so.cache", std::ios::binary);
    std::string cache{std::istreambuf_iterator<char>(in), {}};
    if (auto path = find_in_ld_cache(cache, name); path && is_regular_file(root + *path))
        return TargetFile{*path, root + *path};
    // No cache (musl, a minimal container): the usual directories.
    for (const char* directory :
         {"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"}) {
        for (const std::string& file : {name, name + ".so"}) {
            std::string path = std::string(directory) + "/" + file;
            if (is_regular_file(root + path)) return TargetFile{path, root + path};
        }
    }
    return std::nullopt;
}

// `*` is the only wild card of the language; glob(3) knows more.
inline std::string as_glob(const std::string& text) {
    std::string out;
    for (char c : text) {
        if (c == '?' || c == '[' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

inline std::vector<TargetFile> files_by_pattern(const std::string& pattern, const TargetLookup& lookup,
                                                const std::string& root) {
    std::vector<std::string> patterns;
    if (pattern.find('/') != std::string::npos)
        patterns.push_back(pattern[0] == '/' ? pattern : std::filesystem::absolute(pattern).string());
    else
        for (const auto& directory : path_directories()) patterns.push_back(directory + "/" + pattern);
    TargetFiles files(lookup, root);
    for (const auto& each : patterns) {
        glob_t matches{};
        if (glob((as_glob(root) + as_glob(each)).c_str(), 0, nullptr, &matches) == 0)
            for (size_t i = 0; i < matches.gl_pathc; ++i)
                files.consider(std::string(matches.gl_pathv[i]).substr(root.size()));
        globfree(&matches);
    }
    return std::move(files.found);
}

// `*`: every file that the process, or any process, has mapped as code. Other mount namespaces may hold another file of
// the same name: both are found.
inline std::vector<TargetFile> all_mapped_files(int32_t pid) {
    std::set<std::pair<std::string, uint64_t>> seen;
    std::vector<TargetFile> found;
    auto add = [&](int32_t process) {
        for (auto& file : mapped_files(process, root_of_process(process)))
            if (seen.insert({file.device, file.inode}).second && is_native_elf(file.path))
                found.push_back(std::move(file));
    };
    if (pid > 0) {
        add(pid);
        return found;
    }
    for (int32_t process : all_processes()) {
        try {
            add(process);
        } catch (const Error&) {  // gone meanwhile
        }
    }
    return found;
}

inline std::string near_file(const std::string& path) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path(), error))
        if (is_regular_file(entry.path().string())) names.push_back(entry.path().string());
    return nearest_hint(path, names);
}

// "ARCHIVE!/lib/x.so": a member of a ZIP file that exists; whether it holds the member its reader will see.
inline bool is_archive_member(const std::string& path) {
    size_t mark = path.find("!/");
    return mark != std::string::npos && is_regular_file(path.substr(0, mark));
}

inline TargetFile file_by_path(const std::string& name, const TargetLookup& lookup, const std::string& root) {
    std::string shown = name[0] == '/' ? name : std::filesystem::absolute(name).lexically_normal().string();
    std::error_code error;
    if (lookup.pid > 0)
        for (auto& file : mapped_files(lookup.pid, root))
            if (file.is_deleted && (file.shown == shown || file.shown == name)) return std::move(file);
    if (!is_regular_file(root + shown) && !is_archive_member(root + shown))
        throw no_target_file(
            lookup, name, std::filesystem::is_directory(root + shown, error) ? "it is a directory" : near_file(shown));
    return {shown, root + shown};
}

}  // namespace detail

// At least one, sorted by `shown`; throws avocet::Error with AVOCET_ERR_NOT_FOUND otherwise. An empty name is the
// program of -p. A name given as a path is returned whatever the file is (also ARCHIVE!/MEMBER); all others are ELF
// files.
inline std::vector<TargetFile> find_target_files(const std::string& name, const TargetLookup& lookup,
                                                 const Host& host) {
    std::string root = root_of_process(lookup.pid);
    if (name.empty()) {
        if (lookup.pid > 0) return {program_of(lookup.pid)};
        throw Error(AVOCET_ERR_INVALID, lookup.kind + " without a binary",
                    "write " + lookup.kind + ":PATH:NAME, or give a process with -p");
    }
    std::vector<TargetFile> found;
    if (name == "*") {
        found = detail::all_mapped_files(lookup.pid);
    } else if (has_wildcard(name)) {
        found = detail::files_by_pattern(name, lookup, root);
    } else if (name.find('/') != std::string::npos) {
        return {detail::file_by_path(name, lookup, root)};
    } else {
        found = detail::files_in_path(name, lookup, root);
        if (found.size() > 1) {
            host.warn("attaching to " + lookup.kind + " target file '" + found[0].shown + "' but matched " +
                      std::to_string(found.size()) + " binaries");
            found.resize(1);
        }
        if (found.empty())
            if (auto file = detail::library_file(name, lookup, root)) found.push_back(*file);
    }
    if (found.empty())
        throw detail::no_target_file(lookup, name, "give the path, a program in PATH, or a library such as libc");
    std::sort(found.begin(), found.end(), [](const TargetFile& a, const TargetFile& b) { return a.shown < b.shown; });
    return found;
}

}  // namespace avocet
