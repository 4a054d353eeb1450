// SPDX-License-Identifier: Apache-2.0
//
// Where bundles are, how one gets there and how it goes. Whatever takes several steps happens in a directory whose name
// begins with a dot, which nobody looks into.
#include "bundle/installation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include "avocet/error.hpp"
#include "bundle/codes.hpp"
#include "bundle/directory.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

constexpr const char* component = "core.bundle";

// A new, empty directory beside NAME, gone with what is left in it when this is.
class Staging {
public:
    Staging(const fs::path& bundles, const std::string& name) {
        auto path = (bundles / ("." + name + ".XXXXXX")).string();
        if (mkdtemp(path.data())) path_ = path;
    }
    ~Staging() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    Staging(const Staging&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

// Not forced to the disk: a bundle that a crash of the machine damaged is found out before it runs. Empty: done.
std::string write_files(const BundleFiles& files, const fs::path& directory) {
    for (const auto& [path, file] : files) {
        const auto target = directory / path;
        if (auto why = make_directories(target.parent_path()); !why.empty()) return why;
        if (auto why = write_new_file(target, file.bytes, file.mode); !why.empty()) return why;
    }
    FileDescriptor fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || fchmod(fd.get(), 0755) != 0)
        return fmt::format("directory '{}' cannot be written: {}", directory.string(), errno_text(errno));
    return {};
}

// Afterwards `target` is what `fresh` was, and `fresh` what `target` was, if it was. Empty: done.
std::string exchange(const fs::path& fresh, const fs::path& target) {
    if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return {};
    if (errno == ENOENT && rename(fresh.c_str(), target.c_str()) == 0) return {};
    if (errno == EINVAL || errno == ENOSYS) {  // a file system without it: two steps
        Staging old(target.parent_path(), target.filename());
        if (rename(target.c_str(), old.path().c_str()) == 0) {
            if (rename(fresh.c_str(), target.c_str()) == 0) return {};
            const int error = errno;
            if (rename(old.path().c_str(), target.c_str()) != 0)
                return fmt::format("directory '{}' was moved away and cannot be put back", target.string());
            errno = error;
        }
    }
    return fmt::format("directory '{}' cannot be put in place: {}", target.string(), errno_text(errno));
}

std::optional<std::string> home_directory() {
    const char* home = std::getenv("HOME");
    return home && *home == '/' ? std::optional<std::string>(home) : std::nullopt;
}

}  // namespace

BundleHome system_bundle_home() { return {"/usr/local/lib/avocet/bundles", "/etc/avocet/trusted-keys"}; }

std::optional<BundleHome> user_bundle_home() {
    const auto home = home_directory();
    if (!home) return std::nullopt;
    const char* config = std::getenv("XDG_CONFIG_HOME");
    return BundleHome{
        fs::path(*home) / ".local/lib/avocet/bundles",
        (config && *config == '/' ? fs::path(config) : fs::path(*home) / ".config") / "avocet/trusted-keys"};
}

std::vector<BundleHome> bundle_homes() {
    std::vector<BundleHome> out;
    if (auto own = user_bundle_home()) out.push_back(std::move(*own));
    out.push_back(system_bundle_home());
    return out;
}

std::vector<fs::path> key_directories(const std::vector<BundleHome>& homes) {
    std::vector<fs::path> out;
    for (const auto& home : homes) out.push_back(home.keys);
    return out;
}

bool install_bundle(const Bundle& bundle, const fs::path& bundles, bool allow_unsigned, Diagnostics& diagnostics) {
    const auto& name = bundle.description.name;
    auto failed = [&](const std::string& why, const std::string& hint = {}, uint32_t code = code::bundle_write) {
        diagnostics.error(component, fmt::format("bundle '{}' cannot be installed: {}", name, why), hint, code);
        return false;
    };
    if (auto why = make_directories(bundles); !why.empty()) return failed(why);
    if (auto unsafe = check_directory(bundles)) return failed(unsafe->message, unsafe->hint, code::bundle_unsafe);
    Staging staging(bundles, name);
    if (staging.path().empty())
        return failed(fmt::format("directory '{}' cannot be written: {}", bundles.string(), errno_text(errno)));
    auto files = bundle.files;
    if (allow_unsigned && !files.contains(std::string(signature_file)))
        files[std::string(permission_file)] = {0644, "installed with --allow-unsigned\n"};
    if (auto why = write_files(files, staging.path()); !why.empty()) return failed(why);
    if (auto why = exchange(staging.path(), bundles / name); !why.empty()) return failed(why);
    return true;
}

bool remove_bundle(const fs::path& directory, Diagnostics& diagnostics) {
    Staging away(directory.parent_path(), directory.filename());
    if (!away.path().empty() && rename(directory.c_str(), away.path().c_str()) == 0) return true;
    diagnostics.error(component,
                      fmt::format("bundle '{}' cannot be removed: {}", directory.string(), errno_text(errno)), {},
                      code::bundle_write);
    return false;
}

std::optional<fs::path> find_bundle(const std::string& name, const std::vector<BundleHome>& homes) {
    std::error_code error;
    if (!is_bundle_name(name)) return std::nullopt;
    for (const auto& home : homes)
        if (fs::is_directory(home.bundles / name, error)) return home.bundles / name;
    return std::nullopt;
}

std::vector<std::string> bundle_names(const std::vector<BundleHome>& homes) {
    std::vector<std::string> out;
    for (const auto& home : homes) {
        std::error_code error;
        for (fs::directory_iterator entry(home.bundles, error), end; !error && entry != end; entry.increment(error))
            if (auto name = entry->path().filename().string(); is_bundle_name(name)) out.push_back(std::move(name));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace avocet::core
