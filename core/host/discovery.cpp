// SPDX-License-Identifier: Apache-2.0
#include "host/discovery.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "avocet/error.hpp"
#include "host/codes.hpp"
#include "host/ownership.hpp"
#include "host/sidecar.hpp"

namespace avocet::core {
namespace {

constexpr size_t largest_sidecar_bytes = 256u << 10;
constexpr std::string_view component = "core.host";

FileDescriptor open_directory(int parent, const std::string& name) {
    return FileDescriptor(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::optional<Unsafe> unsafe_directory(const FileDescriptor& directory, const std::string& path) {
    struct stat status {};
    if (fstat(directory.get(), &status) != 0) return Unsafe{fmt::format("directory '{}' cannot be examined", path), {}};
    return check_ownership(status, "directory", path);
}

std::vector<std::string> folder_names(const FileDescriptor& directory) {
    std::vector<std::string> names;
    std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(dup(directory.get())), closedir);
    if (!stream) return names;
    while (const auto* entry = readdir(stream.get()))
        if (entry->d_name[0] != '.' &&
            (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN))
            names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

Refusal unsafe(const Unsafe& why) { return {code::plugin_unsafe, why.message, why.hint}; }

// The library of a sidecar as far as it can be told without opening it.
std::optional<Refusal> check_library(const FileDescriptor& folder, const std::filesystem::path& library) {
    struct stat status {};
    if (fstatat(folder.get(), library.filename().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return Refusal{code::file_unreadable, fmt::format("library '{}' does not exist", library.string()),
                       "is it built and installed?"};
    if (S_ISLNK(status.st_mode))
        return Refusal{code::plugin_unsafe, fmt::format("library '{}' is a symbolic link", library.string()),
                       "put the file itself beside plugin.toml"};
    if (auto why = check_ownership(status, "library", library.string())) return unsafe(*why);
    return std::nullopt;
}

class Search {
public:
    Search(std::vector<Found>& found, Diagnostics& diagnostics) : found_(found), diagnostics_(diagnostics) {}

    void directory(const std::filesystem::path& path) {
        auto directory = open_directory(AT_FDCWD, path);
        if (!directory) {
            if (errno != ENOENT)
                diagnostics_.warning(
                    component,
                    fmt::format("plugin directory '{}' cannot be read: {}", path.string(), errno_text(errno)), {},
                    code::file_unreadable);
            return;
        }
        auto real = canonical_path(directory);
        if (!seen_.insert(real).second) return;
        auto unsafe = unsafe_directory(directory, path);
        if (!unsafe) unsafe = check_ancestors(real);
        folder(directory, real, unsafe);
        for (const auto& name : folder_names(directory)) {
            auto inside = open_directory(directory.get(), name);
            if (inside) folder(inside, std::filesystem::path(real) / name, unsafe);
        }
    }

private:
    // One folder that may hold a plugin. `around`: what is wrong with the directory it is in.
    void folder(const FileDescriptor& folder, const std::filesystem::path& path, std::optional<Unsafe> around) {
        const auto file_path = path / "plugin.toml";
        FileDescriptor file(openat(folder.get(), "plugin.toml", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file) {
            if (errno != ENOENT)
                diagnostics_.warning(component,
                                     fmt::format("sidecar '{}' cannot be opened: {}", file_path.string(),
                                                 errno == ELOOP ? "it is a symbolic link" : errno_text(errno)),
                                     {}, code::file_unreadable);
            return;
        }
        auto text = read_all(file, largest_sidecar_bytes);
        if (!text) {
            diagnostics_.warning(component,
                                 fmt::format("sidecar '{}' cannot be read: {}", file_path.string(), errno_text(errno)),
                                 {}, code::file_unreadable);
            return;
        }
        Found found{parse_sidecar(*text, file_path, diagnostics_), std::nullopt};
        found.refusal = judge(folder, file, path, found.sidecar, around);
        if (found.refusal) found.sidecar.refusal = found.refusal->message;
        found_.push_back(std::move(found));
    }

    static std::optional<Refusal> judge(const FileDescriptor& folder, const FileDescriptor& file,
                                        const std::filesystem::path& path, const Sidecar& sidecar,
                                        const std::optional<Unsafe>& around) {
        if (around) return unsafe(*around);
        if (auto why = unsafe_directory(folder, path)) return unsafe(*why);
        struct stat status {};
        if (fstat(file.get(), &status) != 0)
            return Refusal{code::file_unreadable, "its sidecar cannot be examined", {}};
        if (auto why = check_ownership(status, "sidecar", sidecar.file)) return unsafe(*why);
        if (!sidecar.refusal.empty()) return Refusal{code::plugin_sidecar, sidecar.refusal, {}};
        if (sidecar.abi_major != AVOCET_ABI_MAJOR)
            return Refusal{code::plugin_abi_major,
                           fmt::format("built for ABI {}, this host has ABI {}", sidecar.abi_major, AVOCET_ABI_MAJOR),
                           {}};
        if (sidecar.abi_minor > AVOCET_ABI_MINOR)
            return Refusal{code::plugin_abi_minor,
                           fmt::format("needs ABI {}.{} or newer, this host has {}.{}", sidecar.abi_major,
                                       sidecar.abi_minor, AVOCET_ABI_MAJOR, AVOCET_ABI_MINOR),
                           "update avocet"};
        return check_library(folder, sidecar.library);
    }

    std::vector<Found>& found_;
    Diagnostics& diagnostics_;
    std::set<std::string> seen_;
};

}  // namespace

std::vector<Found> find_plugins(const std::vector<std::filesystem::path>& directories, Diagnostics& diagnostics) {
    std::vector<Found> found;
    Search search(found, diagnostics);
    for (const auto& directory : directories) search.directory(directory);
    return found;
}

}  // namespace avocet::core
